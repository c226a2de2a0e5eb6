import type { RedisClientType } from '@redis/client';
import type { Output } from './search.ts';

/** Every key with its value, whatever its type. */
export async function dumpOf(redis: RedisClientType): Promise<Output[]> {
  const outputs: Output[] = [];
  for await (const keys of redis.scanIterator()) {
    for (const key of keys) {
      outputs.push({ from: `key of Redis ${key}`, text: `${key} ${await valueOf(redis, key)}` });
    }
  }
  return outputs;
}

async function valueOf(redis: RedisClientType, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'string':
      return String(await redis.get(key));
    case 'hash':
      return JSON.stringify(await redis.hGetAll(key));
    case 'list':
      return JSON.stringify(await redis.lRange(key, 0, -1));
    case 'set':
      return JSON.stringify(await redis.sMembers(key));
    case 'zset':
      return JSON.stringify(await redis.zRangeWithScores(key, 0, -1));
    case 'stream':
      return JSON.stringify(await redis.xRange(key, '-', '+'));
    case 'none':
      // It has expired since it was listed.
      return '';
    default:
      throw new Error(`${key} is of a type that nobody reads here`);
  }
}
