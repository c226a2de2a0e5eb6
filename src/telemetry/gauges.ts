import type { Registry } from 'prom-client';

export interface ListSource {
  tenant: string;
  /** The enum value. */
  provider: string;
  state: 'FRESH' | 'STALE' | 'EMPTY';
  /** Undefined for an empty one. */
  ageMs: number | undefined;
  windows: readonly { windowMs: number; freeShare: () => Promise<number | null> }[];
}

const STATES = ['FRESH', 'STALE', 'EMPTY'] as const;
const KEPT = ['documents', 'plans', 'fragments', 'answers'];

/** What is looked at each time the metrics are read. Nothing of it runs in a request. */
export async function defineGauges(register: Registry, build: { version: string; node: string }) {
  const { Counter, Gauge } = await import('prom-client');
  const registers = [register];
  const gauge = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: readonly Label[]
  ) => new Gauge<Label>({ name: `badges_${name}`, help, labelNames, registers });
  gauge(
    'build_info',
    'The running version of this service and of Node. Its value is always 1.',
    'version',
    'node',
  ).set(build, 1);
  const lists = gauge(
    'snapshots',
    'Lists of all tenants, by whether they are held and fresh.',
    'provider',
    'state',
  );
  const age = gauge(
    'snapshot_age_seconds',
    'Age of the oldest list that is held. Lists are read on demand only.',
    'provider',
  );
  const breakers = gauge(
    'circuit_breakers_open',
    'Circuit breakers of all tenants that are open.',
    'provider',
    'calls',
  );
  const windows = gauge(
    'provider_window_used_ratio',
    'Used part of the requests that may be sent at once, of the tenant that has used most of it.',
    'provider',
    'window',
  );
  const redis = gauge(
    'redis_reachable',
    'Whether Redis answers this process: 1 or 0. Has no value if the state is in a folder.',
  );
  // A gauge without labels begins with 0.
  redis.remove();
  const keptBytes = gauge('kept_bytes', 'Bytes that are kept for documents, of 32 MiB.');
  const kept = gauge('kept_items', 'What is kept for documents.', 'item');
  const counter = (name: string, help: string) =>
    new Counter({ name: `badges_${name}_total`, help, registers });
  const candidates = counter(
    'fast_path_requests',
    'Requests that the fast path could have answered by their head.',
  );
  const fast = counter('fast_path_answers', 'Requests that the fast path has answered.');

  return {
    showRedis(isReachable: boolean | undefined) {
      if (isReachable !== undefined) redis.set(isReachable ? 1 : 0);
    },
    showUsage({ bytes = 0, requests = 0, fast: answered = 0, ...items }: Record<string, number>) {
      keptBytes.set(bytes);
      for (const item of KEPT) kept.set({ item }, items[item] ?? 0);
      candidates.reset();
      candidates.inc(requests);
      fast.reset();
      fast.inc(answered);
    },
    showLists(all: readonly ListSource[]) {
      lists.reset();
      age.reset();
      for (const provider of new Set(all.map((list) => list.provider))) {
        const own = all.filter((list) => list.provider === provider);
        for (const state of STATES) {
          const count = own.filter((list) => list.state === state).length;
          lists.set({ provider, state: state.toLowerCase() }, count);
        }
        const ages = own.flatMap(({ ageMs }) => ageMs ?? []);
        if (ages.length > 0) age.set({ provider }, ages.reduce((a, b) => Math.max(a, b)) / 1_000);
      }
    },
    showBreakers(all: readonly ListSource[], open: readonly { provider: string; calls: string }[]) {
      breakers.reset();
      for (const { provider } of all) {
        for (const calls of ['reads', 'writes']) breakers.set({ provider, calls }, 0);
      }
      for (const { provider, calls } of open) breakers.inc({ provider, calls });
    },
    async showWindows(all: readonly ListSource[]) {
      const used = new Map<string, { provider: string; window: string; share: number }>();
      for (const list of all) {
        for (const { windowMs, freeShare } of list.windows) {
          const free = await freeShare();
          if (free === null) continue;
          const [provider, window] = [list.provider, `${windowMs / 1_000}s`];
          const share = Math.max(used.get(provider + window)?.share ?? 0, 1 - free);
          used.set(provider + window, { provider, window, share });
        }
      }
      windows.reset();
      for (const { provider, window, share } of used.values()) {
        windows.set({ provider, window }, share);
      }
    },
  };
}
