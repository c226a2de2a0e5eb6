/**
 * A piece of scripts: `forgetUnless(key, type)` makes room where something of another type stands. A script that fails on
 * it would fail for good, and what only speeds things up is better forgotten.
 */
export const FORGET_UNLESS = `
  local function forgetUnless(key, kind)
    if redis.call('TYPE', key).ok ~= kind then redis.call('DEL', key) end
  end
`;
