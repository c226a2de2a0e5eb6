import { readProviderSettings } from '../providers/settings.ts';
import { providers } from '../providers/index.ts';
import type { ProviderValues } from '../providers/settings.ts';
import { startReturningAIStandIn } from './returning-ai/stand-in.ts';
import type { ReturningAIStandIn } from './returning-ai/stand-in.ts';
import { startTagMangoStandIn } from './tag-mango/stand-in.ts';
import type { TagMangoStandIn } from './tag-mango/stand-in.ts';

/** Stand-ins for every provider, filled with demo badges. */
export interface Sandbox {
  returningAI: ReturningAIStandIn;
  tagMango: TagMangoStandIn;
  /** The settings that lead to the stand-ins, as environment variables. */
  variables: Readonly<Record<string, string>>;
  /** The same, read as the configuration reads them. */
  providerValues: Readonly<Record<string, ProviderValues | undefined>>;
  /** Where the faults of each stand-in are switched. */
  controls: readonly { title: string; url: string }[];
  close(): Promise<void>;
}

export interface SandboxOptions {
  returningAI?: Parameters<typeof startReturningAIStandIn>[0];
  tagMango?: Parameters<typeof startTagMangoStandIn>[0];
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const returningAI = await startReturningAIStandIn(options.returningAI);
  const tagMango = await startTagMangoStandIn(options.tagMango);
  const variables = { ...returningAI.variables, ...tagMango.variables };
  return {
    returningAI,
    tagMango,
    variables,
    providerValues: toProviderValues(variables),
    controls: [
      { title: 'Returning.AI', url: `${returningAI.origin}/_sandbox` },
      { title: 'TagMango', url: `${tagMango.origin}/_sandbox` },
    ],
    async close() {
      await Promise.all([returningAI.close(), tagMango.close()]);
    },
  };
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
