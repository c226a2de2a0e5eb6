import type { RawAnswer } from './raw-answer.ts';

/** For the machines around, which hold no secret. */
export const HEALTH_PATHS: readonly string[] = ['/health/live', '/health/ready'];

/** Live: the process answers. Ready: it takes requests, also while providers are down. Undefined: another path. */
export function answerHealth(
  path: string,
  isReady: boolean,
): Pick<RawAnswer, 'status' | 'body'> | undefined {
  switch (path) {
    case '/health/live':
      return { status: 200, body: { status: 'live' } };
    case '/health/ready':
      return isReady
        ? { status: 200, body: { status: 'ready' } }
        : { status: 503, body: { status: 'stopping' } };
    default:
      return undefined;
  }
}
