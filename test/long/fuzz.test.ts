import { expect, test } from '@jest/globals';
import { withChildren } from '../support/children.ts';
import { sendDocuments } from './fuzz/documents.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const DOCUMENTS = runsOf({ short: 2_000, full: 100_000 });
const seed = seedOf({ short: 1 });
const { FROM = '0' } = process.env;

/** If a single document of a run is repeated, the badges of the stand-ins may differ. */
test(
  'valid, nearly valid and random documents get GraphQL responses with known codes, and nothing fails',
  async () => {
    const { figures, problems } = await withChildren((children) =>
      sendDocuments(children, { documents: DOCUMENTS, seed, from: Number(FROM) }),
    );
    showFigures('fuzz', [['seed', seed], ...figures]);
    expect({ seed, problems }).toEqual({ seed, problems: [] });
    expect(Object.fromEntries(figures)).toMatchObject({ documents: DOCUMENTS });
  },
  TIMEOUT_MS,
);
