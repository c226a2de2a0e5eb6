import { openEmbeddedLog } from './embedded-log.ts';
import type { LogReader } from './embedded-log.ts';
import { openState } from './open-state.ts';
import type { OpenStateOptions } from './open-state.ts';

/** The logs of a service that may be running meanwhile. Throws a `StateError` when there are none. */
export async function openLog(
  options: OpenStateOptions,
): Promise<LogReader & { close(): Promise<void> }> {
  if (options.redisUrl === undefined) return openEmbeddedLog({ folder: options.folder });
  const state = await openState(options);
  return { ...state.store, close: () => state.close() };
}
