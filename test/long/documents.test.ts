import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { createAsker, toBody, toRequest } from '../fast-path/ask.ts';
import { startWorld } from '../fast-path/world.ts';
import { TIMEOUT_MS, isShort, runsOf, showFigures } from './size.ts';

const requests = runsOf({ short: 400, full: 100_000 });
/** A short run fills this much. */
const keptBytes = (isShort ? 4 : 32) * 1024 * 1024;
/** Of the compiler and the connection. */
const SLACK_BYTES = 24 * 1024 * 1024;
const FIELDS = 20;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;
function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function toDocument(at: number): string {
  const fields = Array.from({ length: FIELDS }, (_, index) => `a${at}_${index}:name`).join(' ');
  return `query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{${fields}}}}`;
}

test(
  'documents no two of which are alike stay inside one number of bytes',
  async () => {
    const world = await startWorld({ keptBytes, fastPath: { shadow: 0, learningMs: Infinity } });
    const asker = createAsker(world);
    await world.warm();
    const [id = ''] = world.sandbox.tagMango.badges.keys();
    const ask = async (at: number): Promise<number> => {
      const body = toBody([{ __typename: 'TagMangoBadge', id }], toDocument(at));
      return (await asker.ask(toRequest(body))).status;
    };
    await ask(0);
    const before = bytesInUse();
    let most = 0;
    for (let at = 1; at <= requests; at += 1) {
      expect(await ask(at)).toBe(200);
      most = Math.max(most, world.usage().bytes);
    }
    const { documents, plans, bytes } = world.usage();
    const grown = bytesInUse() - before;
    showFigures('documents no two of which are alike', [
      ['documents', requests],
      ['most bytes that were kept', most],
      ['bytes at the end', bytes],
      ['parsed documents and plans then', `${documents} and ${plans}`],
      ['memory in use, more than at first', grown],
    ]);
    asker.close();
    await world.close();
    expect(most).toBeLessThanOrEqual(keptBytes);
    expect(most).toBeGreaterThan(0.9 * keptBytes);
    expect(documents + plans).toBeLessThan(2 * requests);
    expect(grown).toBeLessThan(keptBytes + SLACK_BYTES);
  },
  TIMEOUT_MS,
);
