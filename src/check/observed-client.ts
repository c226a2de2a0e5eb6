import { pino } from 'pino';
import type { CallBounds, CallPurpose } from '../http/admission.ts';
import type { Proxies } from '../http/attempt.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { HttpDeps } from '../http/provider-http.ts';
import type { Redact } from '../http/provider-text.ts';
import { isHttpsOrLoopbackUrl, isHttpsUrl } from '../providers/graph-types.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import type { ProviderValues } from '../providers/settings.ts';
import type { SharedState } from '../state/open-state.ts';
import { createHttpDeps } from '../tenants/create-tenant.ts';

/** The client of a provider, which also shows the JSON of its answers. */
export interface ObservedClient {
  /** Makes one call within its deadline. Rejects only for a bug of ours. */
  call(what: string, purpose: CallPurpose, send: Send): Promise<Called>;
  close(): Promise<void>;
}

type Send = (client: ProviderClient, bounds: CallBounds) => Promise<unknown>;

export interface Called {
  /** The JSON of the successful answer. Undefined: there was none, or it was empty. */
  json: unknown;
  /** The result of the client. */
  value: unknown;
  /** Undefined: it succeeded. */
  error: ProviderError | undefined;
  /** The duration. */
  ms: number;
}

export interface ObservedClientOptions {
  /** Identifies tenant and provider. Calls with the same topic share the rate limit of the provider. */
  topic: string;
  provider: Provider;
  values: ProviderValues;
  /** The tenant's share of the requests in a window; all if undefined. */
  requestLimit: number | undefined;
  isProduction: boolean;
  attemptTimeoutMs: number;
  /** How long a call with all its attempts may take, milliseconds. */
  operationDeadlineMs: number;
  replicas: number;
  /** Proxies for calls to providers; none if left out. */
  proxies?: Proxies;
  shared: SharedState | undefined;
  now: () => number;
  wallTime: () => number;
  /** Removes the secrets of other tenants from a provider's messages. */
  redactOthers: Redact;
  /** Replaces parts of what is made of the above. */
  http?: Partial<HttpDeps>;
  /** Called once a second while a call is under way. */
  onProgress: (message: string) => void;
}

const PROGRESS_EVERY_MS = 1_000;
/** Stops an endless loop of ours from flooding the provider. */
const MAX_CALLS = 300;

export function createObservedClient(options: ObservedClientOptions): ObservedClient {
  const { provider, values, operationDeadlineMs, now, onProgress } = options;
  let json: unknown;
  let calls = 0;
  const http = createHttpDeps(
    {
      ...options,
      store: createMemory(),
      logger: pino({ level: 'silent' }),
      http: { ...options.http, onJson: (answer) => (json = answer) },
    },
    { topic: options.topic, provider, most: options.requestLimit },
  );
  const isImageUrl = options.isProduction ? isHttpsUrl : isHttpsOrLoopbackUrl;
  const client = provider.createClient(values, { isImageUrl, http });

  async function call(what: string, purpose: CallPurpose, send: Send): Promise<Called> {
    calls += 1;
    if (calls > MAX_CALLS) throw new Error(`A check makes at most ${MAX_CALLS} calls`);
    json = undefined;
    const begun = now();
    const progress = setInterval(() => {
      const seconds = Math.round((now() - begun) / 1_000);
      onProgress(
        `Waiting for ${provider.name.title}: ${what}, ${seconds} s of at most ${Math.ceil(operationDeadlineMs / 1_000)} s`,
      );
    }, PROGRESS_EVERY_MS);
    try {
      const value = await send(client, { purpose, deadlineAt: begun + operationDeadlineMs });
      return { json, value, error: undefined, ms: now() - begun };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return { json, value: undefined, error, ms: now() - begun };
    } finally {
      clearInterval(progress);
    }
  }

  return { call, close: () => client.close() };
}

/** Stores the rate limit of the provider while the check runs. */
function createMemory(): Parameters<typeof createHttpDeps>[0]['store'] {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key) ?? null,
    async compareAndSet(key, { expected, value }) {
      if ((values.get(key) ?? null) !== expected) return false;
      if (value === null) values.delete(key);
      else values.set(key, value);
      return true;
    },
  };
}
