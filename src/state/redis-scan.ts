import type { Reach } from './redis-reach.ts';

/** Keys that one command looks at: Redis serves nobody else meanwhile. */
const SCANNED_AT_ONCE = 100;

/** Pages, also empty ones, of all keys that begin so. A key may be in two of them. */
export async function* scanPages(reach: Reach, start: string): AsyncGenerator<string[]> {
  let cursor = '0';
  const options = { MATCH: `${start.replace(/[\\*?[\]]/g, '\\$&')}*`, COUNT: SCANNED_AT_ONCE };
  do {
    const page = await reach((client) => client.scan(cursor, options));
    cursor = page.cursor;
    yield page.keys;
  } while (cursor !== '0');
}
