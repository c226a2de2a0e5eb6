import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { SeriesHistogram } from '../../src/telemetry/metrics.ts';

const name = 'badges_seconds';
const help = 'Seconds of "requests".';
const LABELS = [
  { kind: 'query', path: 'fast' },
  { kind: 'query', path: 'full' },
  { kind: 'mutation', path: 'full' },
];

const bounds = fc
  .uniqueArray(fc.double({ min: 0.001, max: 1_000, noNaN: true }), { minLength: 1, maxLength: 15 })
  .map((all) => all.toSorted((a, b) => a - b));
/** Most values are bounds, or between them. */
const observed = bounds.chain((bounds) => {
  const value = fc.oneof(
    fc.constantFrom(...bounds),
    fc.double({ min: 0, max: 2_000, noNaN: true }),
  );
  const one = fc.record({ labels: fc.constantFrom(...LABELS), value });
  return fc.record({ bounds: fc.constant(bounds), all: fc.array(one, { minLength: 1 }) });
});

describe('a histogram of requests', () => {
  test("shows what the library's histogram shows of the same values", async () => {
    await fc.assert(
      fc.asyncProperty(observed, async ({ bounds, all }) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const own = new SeriesHistogram(ours, { name, help, bounds });
        const labelNames = ['kind', 'path'];
        const options = { name, help, buckets: bounds, labelNames, registers: [theirs] };
        const library = new Histogram(options);
        for (const { labels, value } of all) {
          own.seriesOf({ ...labels }).observe(value);
          library.observe(labels, value);
        }
        expect(await ours.metrics()).toBe(await theirs.metrics());
      }),
    );
  });
});
