/** Lua: `now`, the time of Redis in epoch milliseconds. The clocks of replicas may differ. */
export const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
