import type { OpenedStore } from './stores.ts';
import { filesOf } from '../secrets/files.ts';
import type { Output } from '../secrets/search.ts';
import { RESP_TYPES } from '@redis/client';

/** Everything that is stored, as it lies there: with what was deleted and still stands between the rest. */
export async function bytesOf({
  redis,
  env,
}: Pick<OpenedStore, 'redis' | 'env'>): Promise<Output[]> {
  if (!redis) return filesOf(env.STATE_DIR ?? '');
  // What is compressed could not be searched.
  await redis.configSet('rdbcompression', 'no');
  const raw = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const outputs: Output[] = [];
  for await (const keys of redis.scanIterator()) {
    for (const key of keys) {
      const bytes = await raw.dump(key);
      outputs.push({ from: key, text: `${key} ${bytes?.toString('latin1')}` });
    }
  }
  return outputs;
}

/** Where a text stands. */
export function placesOf(outputs: readonly Output[], text: string): string[] {
  return outputs.filter((output) => output.text.includes(text)).map(({ from }) => from);
}
