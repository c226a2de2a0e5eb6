import type { TokenBuckets } from '../rate-limit.ts';
import { FORGET_UNLESS, NOW, type RedisCalls } from './client.ts';

/** `toNumber(text)`: nil unless it is a number that can be calculated with. */
const TO_NUMBER = `
  local function toNumber(text)
    local number = tonumber(text or '')
    if number and math.abs(number) < 1e16 then return number end
    return nil
  end
`;

/** `takeToken` of state/rate-limit.ts, by the clock of Redis. A number that is not whole travels as text. */
const TAKE = `
  local burst, perSecond, start, leave, longestBlockMs = tonumber(ARGV[1]), tonumber(ARGV[2]),
    tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
  ${NOW}
  ${FORGET_UNLESS}
  ${TO_NUMBER}
  forgetUnless(KEYS[1], 'hash')
  local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'blockedUntil')
  local tokens, at = toNumber(known[1]), toNumber(known[2])
  if not tokens or not at or tokens < 0 then tokens, at = start, now end
  local blockedMs = (toNumber(known[3]) or 0) - now
  if blockedMs > longestBlockMs then blockedMs = 0 end
  local filled = math.min(burst, tokens + math.max(0, now - at) * perSecond / 1000)
  local missing = 1 + leave - filled
  local waitMs = math.max(0, blockedMs, math.ceil(missing / perSecond * 1000))
  if waitMs == 0 then filled = filled - 1 end
  redis.call('HSET', KEYS[1], 'tokens', tostring(filled), 'at', string.format('%.0f', now),
    'blockedUntil', string.format('%.0f', now + blockedMs))
  return waitMs
`;

const BLOCK = `
  ${NOW}
  local untilMs = now + tonumber(ARGV[1])
  ${FORGET_UNLESS}
  ${TO_NUMBER}
  forgetUnless(KEYS[1], 'hash')
  local known = toNumber(redis.call('HGET', KEYS[1], 'blockedUntil')) or 0
  redis.call('HSET', KEYS[1], 'blockedUntil', string.format('%.0f', math.max(known, untilMs)))
  return 1
`;

/** Buckets that all replicas share. */
export function createRedisBuckets(
  reach: RedisCalls,
  toKey: (name: string) => string,
): TokenBuckets {
  return {
    async take(name, { burst, perSecond, start, longestBlockMs }, leave) {
      const args = [burst, perSecond, start, leave, longestBlockMs].map(String);
      const waitMs = await reach((client) =>
        client.eval(TAKE, { keys: [toKey(name)], arguments: args }),
      );
      return Number(waitMs);
    },
    async block(name, ms) {
      const args = [String(Math.ceil(ms))];
      await reach((client) => client.eval(BLOCK, { keys: [toKey(name)], arguments: args }));
    },
  };
}
