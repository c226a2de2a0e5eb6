import { type Counts, count } from '../../support/tally.ts';
import type { RedisClient } from '../../../src/state/redis/client.ts';
import { openDatabaseToRead } from '../../../src/state/sqlite/copies.ts';
import { foreignIn, namesIn } from './marks.ts';
import type { Violations } from './violations.ts';

/** A stored value with its name. */
interface Kept {
  key: string;
  text: string;
}

/** Names without a tenant: heartbeats of processes, and records that name their tenant. */
const OF_NO_TENANT = /^(badges:)?(instance:|listed$|list:(leases|since)$)/;
const OF_ALL = /^(badges:)?((log:)?audit$|(value:)?audit-open\/)/;

/** Checks all stored values, and counts them by tenant. */
export async function checkState(
  kept: AsyncIterable<Kept>,
  violations: Violations,
): Promise<Counts> {
  const counts: Counts = {};
  for await (const { key, text } of kept) {
    const [owner, ...others] = OF_ALL.test(key) ? namesIn(text) : namesIn(key);
    count(counts, owner ?? 'none');
    if (owner === undefined) {
      if (!OF_NO_TENANT.test(key)) violations.add('kept under no tenant', `${key}: ${text}`);
      continue;
    }
    const foreign = foreignIn(text, owner);
    if (others.length > 0 || foreign !== undefined) {
      violations.add('kept under another’s name', `${key}: ${text}`);
    }
  }
  return counts;
}

/** Locks exist only for a short time, so they are checked during the run. */
export async function checkLocks(client: RedisClient, violations: Violations): Promise<number> {
  const locks = await client.keys('badges:lock:*');
  for (const key of locks) {
    if (namesIn(key).length !== 1) violations.add('a lock of no tenant, or of several', key);
  }
  return locks.length;
}

/** Every key of Redis; of a log, each entry by itself. */
export async function* keptInRedis(client: RedisClient): AsyncGenerator<Kept> {
  for (const key of await client.keys('*')) {
    const type = await client.type(key);
    if (type === 'stream') {
      for (const { message } of (await client.xRange(key, '-', '+')) ?? []) {
        yield { key, text: JSON.stringify(message) };
      }
    } else yield { key, text: await readKey(client, key, type) };
  }
}

async function readKey(client: RedisClient, key: string, type: string): Promise<string> {
  switch (type) {
    case 'string':
      return (await client.get(key)) ?? '';
    case 'hash':
      return JSON.stringify(await client.hGetAll(key));
    case 'zset':
      return (await client.zRange(key, 0, -1)).join(' ');
    // It has been removed meanwhile.
    case 'none':
      return '';
    default:
      throw new Error(`${key} is a ${type}, which nobody reads here`);
  }
}

/** The stored values in the folder of one process. */
export async function* keptInFolder(folder: string): AsyncGenerator<Kept> {
  const { database, close } = openDatabaseToRead({ folder });
  const all = [
    'SELECT key, value AS text FROM state_values',
    'SELECT log AS key, entry AS text FROM log_entries',
  ];
  for (const query of all) {
    for (const { key, text } of database.prepare(query).iterate()) {
      yield { key: String(key), text: String(text) };
    }
  }
  close();
}
