import { createPool } from '../../src/http/attempt.ts';
import type { HttpDeps } from '../../src/http/provider-http.ts';
import { alwaysClosed } from './clock.ts';

/** For the client of a provider, apart from the service: without pauses, rate limit and circuit breaker. */
export const plainHttpDeps: HttpDeps = {
  attemptTimeoutMs: 3_000,
  clock: { now: Date.now, pause: async () => undefined },
  random: () => 0,
  connect: createPool,
  budget: undefined,
  createBreaker: () => alwaysClosed,
  onFault: () => undefined,
  onWait: () => undefined,
};
