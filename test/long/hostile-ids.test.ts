import { expect, test } from '@jest/globals';
import type { Counts } from '../support/tally.ts';
import { withChildren } from '../support/children.ts';
import { tryIds } from './hostile-ids/trial.ts';
import { showShare } from '../support/fast-answers.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const IDS = runsOf({ short: 2_000, full: 100_000 });
const seed = seedOf();

test(
  'with any text given as an ID, a provider receives only its documented paths with valid IDs',
  async () => {
    const figures = await withChildren((children) => tryIds(children, { ids: IDS, seed }));
    const rows = (title: string, counts: Counts) =>
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([name, times]) => [`${title} ${name}`, times] as const);
    showFigures('hostile-ids', [
      ['seed', seed],
      ['ids', figures.tried],
      ['requests of the graph', figures.requests],
      ['answered fast', showShare(figures.fastShare)],
      ...rows('kind:', figures.kinds),
      ...rows('by', figures.ways),
      ...rows('came to', figures.outcomes),
      ...rows('called', figures.calls),
    ]);
    expect(figures.tried).toBe(IDS);
    expect(figures.fastShare).toBeGreaterThan(0.03);
    const several = expect.any(Number) as unknown;
    expect(figures.outcomes).toMatchObject({ found: several, done: several, 'refused 0': several });
    expect(figures.calls).toMatchObject({ 'PUT /badges/<id>': several });
  },
  TIMEOUT_MS,
);
