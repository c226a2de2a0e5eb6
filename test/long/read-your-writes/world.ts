import { sendOperation } from '../../support/graphql-client.ts';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { type SlowLink, startSlowLink } from '../../support/slow-link.ts';
import { createPool } from '../../../src/http/attempt.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { startService } from '../../../src/service.ts';
import { openState } from '../../../src/state/open-state.ts';
import { type RedisClient, createRedisClient } from '../../../src/state/redis/client.ts';
import { DEFAULT_FIELDS, HIDDEN_DEFAULTS, toDocumentText } from '../../support/records.ts';
import type { RedisServer } from '../../support/redis.ts';
import { type Front, startFront } from './front.ts';

/** A list once read is kept for an hour: only a write can make it new. */
const FRESH_SECONDS = 3_600;
const BADGE = {
  id: randomUUID(),
  ...DEFAULT_FIELDS,
  title: 'First',
  quantity: 3,
  image: 'https://img.example/badge.png',
  description: 'What all replicas read.',
};
const HIDDEN = toDocumentText(HIDDEN_DEFAULTS);

export interface Replica {
  readonly front: Front;
  readonly link: SlowLink;
  /** The name of the badge, as two ways of reading show it. */
  read(): Promise<string[]>;
  /** Resolves when the write is answered, and rejects unless it was made. */
  rename(name: string): Promise<void>;
  /** Makes its snapshot stale. */
  age(): void;
  close(): Promise<void>;
}

export interface World {
  readonly replicas: readonly Replica[];
  /** What the replicas share. */
  forgetShared(): Promise<void>;
  /** Lets another replica read the list while one reads it. */
  endTickets(): Promise<void>;
  close(): Promise<void>;
}

/** Replicas that share only Redis and the provider. */
export async function startWorld(redis: RedisServer, count: number): Promise<World> {
  const sandbox = await startSandbox({ returningAI: { badges: [BADGE] } });
  const admin = await createRedisClient({ url: redis.url, onChange: () => undefined });
  const replicas = await Promise.all(
    Array.from({ length: count }, () => startReplica(sandbox, redis)),
  );
  return {
    replicas,
    forgetShared: () => removeAll(admin, 'badges:list:snapshot:*'),
    endTickets: () => removeAll(admin, 'badges:list:ticket:*'),
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      admin.destroy();
      await sandbox.close();
    },
  };
}

async function removeAll(admin: RedisClient, pattern: string): Promise<void> {
  const keys = await admin.keys(pattern);
  if (keys.length > 0) await admin.del(keys);
}

async function startReplica(sandbox: Sandbox, redis: RedisServer): Promise<Replica> {
  const front = await startFront(sandbox.returningAI.origin);
  const link = await startSlowLink(redis.url);
  let skippedMs = 0;
  const now = () => Date.now() + skippedMs;
  const state = await openState({
    redisUrl: link.url,
    folder: '',
    now,
    wallTime: now,
    log: { info: () => undefined, warn: () => undefined },
  });
  const service = await startService({
    host: '127.0.0.1',
    port: 0,
    isProduction: false,
    hasPlayground: false,
    hasIntrospection: false,
    hasCacheTags: false,
    freshSeconds: FRESH_SECONDS,
    // It only grows older in the whole run.
    staleSeconds: Number.MAX_SAFE_INTEGER / 1_000,
    attemptTimeoutMs: 3_000,
    operationDeadlineMs: 8_000,
    replicas: 3,
    tenants: [
      {
        id: 'default',
        providerValues: { returningAI: sandbox.providerValues.returningAI },
        requestLimits: {},
      },
    ],
    defaultTenant: 'default',
    routerSecrets: [],
    tokens: undefined,
    hasMutations: true,
    hasAuthDirectives: false,
    store: state.store,
    shared: state.shared,
    logger: pino({ level: 'silent' }),
    now,
    wallTime: now,
    // All have the same configuration. Each has its own proxy to the provider.
    http: { budget: undefined, connect: () => createPool(front.origin) },
  });

  async function ask<Data>(query: string): Promise<Data> {
    const { text } = await sendOperation(`${service.url}/graphql`, { query });
    return (JSON.parse(text) as { data: Data }).data;
  }

  return {
    front,
    link,
    age: () => void (skippedMs += (FRESH_SECONDS + 1) * 1_000),
    async read() {
      const { badge, badges } = await ask<{
        badge: Named | null;
        badges: { nodes: Named[] } | null;
      }>(`{
        badge(provider: RETURNING_AI, id: "${BADGE.id}") { ...Name }
        badges { nodes { ...Name } }
      }
      fragment Name on BadgeFields { name }`);
      return [badge, badges?.nodes[0]].map((shown) => shown?.name ?? 'nothing');
    },
    async rename(name) {
      const input = `returningAI: { id: "${BADGE.id}", title: "${name}", ${HIDDEN} }`;
      const { updateBadge } = await ask<{ updateBadge: { userErrors: unknown[] } }>(
        `mutation { updateBadge(input: { ${input} }) { userErrors { code message } } }`,
      );
      if (updateBadge.userErrors.length > 0) {
        throw new Error(`Not renamed: ${JSON.stringify(updateBadge.userErrors)}`);
      }
    },
    async close() {
      front.release();
      await service.close();
      await state.close();
      await Promise.all([front.close(), link.close()]);
    },
  };
}

interface Named {
  name: string;
}
