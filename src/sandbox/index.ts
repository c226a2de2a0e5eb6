import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { type ProviderValues, readProviderSettings } from '../providers/settings.ts';
import { startReturningAIStandIn } from './returning-ai.ts';
import type { ProviderStandIn } from './stand-in.ts';
import { startTagMangoStandIn } from './tag-mango.ts';

/**
 * Every stand-in by the key of its provider. The sandbox, its command line, its help and its controls are built from
 * this list and the list of providers.
 */
export const standIns = {
  returningAI: startReturningAIStandIn,
  tagMango: startTagMangoStandIn,
};

type StandIns = typeof standIns;
type Started = { [Key in keyof StandIns]: Awaited<ReturnType<StandIns[Key]>> };
/** The common options of all stand-ins. */
interface ListenOptions {
  port?: number;
  /** See `StandInOptions`. */
  hostName?: string | undefined;
}
type StandInStart = (options?: ListenOptions) => Promise<ProviderStandIn>;

/** A stand-in for every provider, by its key, with demo badges. */
export interface Sandbox extends Started {
  /** By provider key, in the order of the list of providers. */
  standIns: ReadonlyMap<string, ProviderStandIn>;
  /** The environment variables that point to the stand-ins. */
  variables: Readonly<Record<string, string>>;
  /** The same as parsed settings. */
  providerValues: Readonly<Record<string, ProviderValues | undefined>>;
  /** The URL on which the faults of each stand-in are switched. */
  controls: readonly { title: string; url: string }[];
  close(): Promise<void>;
}

export type SandboxOptions = { [Key in keyof StandIns]?: Parameters<StandIns[Key]>[0] };

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const started = await startAll(options);
  const all = [...started.values()];
  const variables = Object.assign({}, ...all.map((each) => each.variables)) as Record<
    string,
    string
  >;
  return {
    ...(Object.fromEntries(started) as Started),
    standIns: started,
    variables,
    providerValues: toProviderValues(variables),
    controls: providers.flatMap(({ key, name: { title } }) => {
      const standIn = started.get(key);
      return standIn ? [{ title, url: `${standIn.origin}/_sandbox` }] : [];
    }),
    async close() {
      await Promise.all(all.map((each) => each.close()));
    },
  };
}

async function startAll(
  options: Readonly<Record<string, ListenOptions | undefined>>,
): Promise<Map<string, ProviderStandIn>> {
  const started = new Map<string, ProviderStandIn>();
  for (const [key, start] of providers.map(
    (provider) => [provider.key, startOf(provider)] as const,
  )) {
    started.set(key, await start(options[key]));
  }
  return started;
}

function startOf({ key, name }: Provider): StandInStart {
  const starts: Readonly<Record<string, StandInStart | undefined>> = standIns;
  const start = starts[key];
  if (start) return start;
  throw new Error(
    `${name.title} has no stand-in: add a line for ${key} to the registry of the sandbox`,
  );
}

function toProviderValues(
  variables: Readonly<Record<string, string>>,
): Record<string, ProviderValues | undefined> {
  return Object.fromEntries(
    providers.map(({ key, settings }) => {
      const reading = readProviderSettings(settings, variables, { isProduction: false });
      if ('problems' in reading) throw new Error(`the stand-in of ${key} has wrong settings`);
      return [key, reading.values];
    }),
  );
}
