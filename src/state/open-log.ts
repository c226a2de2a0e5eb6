import { openEmbeddedLog } from './embedded-log.ts';
import type { LogReader } from './embedded-log.ts';
import { openStore } from './open-store.ts';
import type { OpenStoreOptions } from './open-store.ts';

/** The logs of a service that may be running meanwhile. Throws a `StateError` when there are none. */
export async function openLog(
  options: OpenStoreOptions,
): Promise<LogReader & { close(): Promise<void> }> {
  return options.redisUrl === undefined
    ? openEmbeddedLog({ folder: options.folder })
    : openStore(options);
}
