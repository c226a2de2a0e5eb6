import type { Sandbox } from '../../src/sandbox/index.ts';
import { openState } from '../../src/state/open-state.ts';
import { monotonicMs } from '../../src/state/rate-limit.ts';
import { type TestServiceOptions, startTestService } from '../support/service.ts';

export interface OpenedService {
  /** Of its graph. */
  url: string;
  /** What the start says of the state. */
  said: string;
  /** Does nothing the second time. */
  stop(): Promise<void>;
}

export interface OpenedServiceOptions extends Omit<TestServiceOptions, 'sandbox' | 'store'> {
  /** Outlives the service. */
  sandbox: Sandbox;
  /** What leads a process to the state. */
  env: Readonly<Record<string, string>>;
}

/**
 * The real service on a state that it opens as a process does, without a process of its own. That the state is a copy it
 * says, but does not take into account.
 */
export async function openService({
  sandbox,
  env: { REDIS_URL: redisUrl, STATE_DIR: folder = '' },
  ...options
}: OpenedServiceOptions): Promise<OpenedService> {
  const lines: string[] = [];
  const hear = (line: string) => void lines.push(line);
  const state = await openState({
    redisUrl,
    folder,
    now: monotonicMs,
    wallTime: Date.now,
    log: { info: hear, warn: hear },
  });
  const service = await startTestService({
    store: state.store,
    shared: state.shared,
    providerValues: sandbox.providerValues,
    ...options,
  });
  const end = async (): Promise<void> => {
    await service.close();
    await state.close();
  };
  let ending: Promise<void> | undefined;
  return {
    url: `${service.url}/graphql`,
    said: lines.join('\n'),
    stop: () => (ending ??= end()),
  };
}

/** Said of a state that is a copy, or was lost. */
export const OF_COPIES = /contains a copy of the state|contained the state of this service/;
