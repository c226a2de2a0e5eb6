import { expect, test } from '@jest/globals';
import { withChildren } from '../support/children.ts';
import { sendDocuments } from './fuzz/documents.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const DOCUMENTS = runsOf({ short: 2_000, full: 50_000 });
const seed = seedOf({ short: 1 });
const { FROM = '0' } = process.env;

/** What is at the stand-ins may be another when one document of a run is repeated alone. */
test(
  'valid, nearly valid and wild documents get answers of the graph with known codes, and nothing fails',
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
