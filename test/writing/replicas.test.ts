import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { NODE_ENVIRONMENT } from '../support/process.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { HIDDEN_VALUES, returningAIStored } from '../support/records.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { execute } from '../support/service.ts';
import {
  type MutationCall,
  type Payload,
  codesOf,
  mutate,
  warningsOf,
  writesOf,
} from '../support/writing.ts';

const ID = '84845081-98fd-46f3-96aa-1032174e58a5';
const ROUNDS = 5;
const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: two processes on one Redis, since Redis is not installed.');

/** Calls that start together, each on the replica of its turn. */
type AtOnce = (calls: readonly MutationCall[]) => Promise<Payload[]>;

function toUpdate(
  { expectedVersion, ...fields }: { expectedVersion?: string; [field: string]: unknown },
  key?: string,
): MutationCall {
  const input = { returningAI: { id: ID, ...HIDDEN_VALUES, ...fields } };
  return { kind: 'update', input, expectedVersion, key: key ?? null };
}

async function versionAt(url: string): Promise<string> {
  const { data } = await execute<{ badge: { version: string } }, object>(
    url,
    `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on BadgeFields { version } } }`,
  );
  return data.badge.version;
}

(redisPath === undefined ? describe.skip : describe)('two processes on one Redis', () => {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let replicas: ServiceProcess[];

  beforeAll(async () => {
    redis = await startRedis(redisPath ?? '');
    sandbox = await startSandbox({ returningAI: { badges: [returningAIStored()] } });
    const env = {
      ...sandbox.variables,
      REDIS_URL: redis.url,
      REPLICAS: '2',
      BADGES_FRESH_SECONDS: '0',
    };
    replicas = await Promise.all([startServiceProcess(env), startServiceProcess(env)]);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await redis.stop();
    await sandbox.close();
  });
  beforeEach(() => {
    sandbox.returningAI.badges.set(ID, returningAIStored());
    sandbox.returningAI.requests.length = 0;
  });

  const urlOf = (turn: number) => replicas[turn % replicas.length]?.url ?? '';
  const atOnce: AtOnce = (calls) =>
    Promise.all(calls.map((call, turn) => mutate(urlOf(turn), call)));

  test('of two updates that expect the same version, one is made and one is a conflict', async () => {
    for (const round of rounds) {
      sandbox.returningAI.requests.length = 0;
      const expectedVersion = await versionAt(urlOf(round));
      const payloads = await atOnce([
        toUpdate({ expectedVersion, title: `One ${round}` }),
        toUpdate({ expectedVersion, title: `Two ${round}` }),
      ]);

      expect(payloads.map(codesOf).sort()).toEqual([[], ['CONFLICT']]);
      const made = payloads.find((payload) => codesOf(payload).length === 0);
      expect(payloads.flatMap(({ userErrors }) => userErrors)).toMatchObject([
        {
          __typename: 'BadgeConflictError',
          fields: [['expectedVersion']],
          currentBadge: { name: made?.badge?.name, version: made?.badge?.version },
        },
      ]);
      expect(writesOf(sandbox)).toHaveLength(1);
    }
  });

  test('updates of different fields at once all survive', async () => {
    for (const round of rounds) {
      const fields = {
        title: `Title ${round}`,
        description: `Description ${round}`,
        quantity: 10 + round,
        action: `action-${round}`,
      };
      const payloads = await atOnce(
        Object.entries(fields).map(([field, value]) => toUpdate({ [field]: value })),
      );
      expect(payloads.flatMap(codesOf)).toEqual([]);
      expect(sandbox.returningAI.badges.get(ID)).toEqual(returningAIStored(fields));
    }
  });

  test('the same key at once on both gives one write and equal payloads, of an update and of a creation', async () => {
    for (const round of rounds) {
      sandbox.returningAI.requests.length = 0;
      const update = toUpdate({ title: `Once ${round}` }, `update-${round}`);
      const create: MutationCall = {
        kind: 'create',
        input: { returningAI: { title: `Made ${round}` } },
        key: `create-${round}`,
      };
      for (const call of [update, create]) {
        const payloads = await atOnce(Array.from({ length: 10 }, () => call));
        for (const payload of payloads) expect(payload).toEqual(payloads[0]);
        expect(payloads[0]).toMatchObject({ outcome: 'APPLIED', userErrors: [] });
      }
      expect(writesOf(sandbox)).toHaveLength(2);
    }
  });

  test('a key that one process has freed or ended means the same to the other', async () => {
    sandbox.returningAI.faults.set('updateBadge', { kind: 'answer', status: 400, times: 1 });
    const call = toUpdate({ title: 'Free' }, 'freed');
    expect(codesOf(await mutate(urlOf(0), call))).toEqual(['INVALID_INPUT']);
    expect(codesOf(await mutate(urlOf(1), call))).toEqual([]);
    const other = toUpdate({ title: 'Other' }, 'freed');
    expect(codesOf(await mutate(urlOf(0), other))).toEqual(['IDEMPOTENCY_KEY_REUSED']);

    sandbox.returningAI.faults.set('updateBadge', { kind: 'reset', isApplied: true, times: 1 });
    const lost = toUpdate({ title: 'Lost' }, 'lost');
    expect(codesOf(await mutate(urlOf(0), lost))).toEqual(['OUTCOME_UNKNOWN']);
    expect(codesOf(await mutate(urlOf(1), lost))).toEqual([]);
    expect(writesOf(sandbox)).toHaveLength(3);
  });

  test('what one process wrote last, the other sends again', async () => {
    await mutate(urlOf(0), toUpdate({ title: 'Set', awardXpQuantity: 71 }));
    const renamed = await mutate(urlOf(1), {
      kind: 'update',
      input: { returningAI: { id: ID, title: 'Renamed' } },
    });
    expect(warningsOf(renamed)).toEqual(['HIDDEN_FIELDS_REUSED']);
    expect(sandbox.returningAI.badges.get(ID)).toEqual(
      returningAIStored({ title: 'Renamed', awardXpQuantity: 71 }),
    );
  });

  test('a key that both were given at once has one record in the audit, and no secret is in it', async () => {
    const call = toUpdate({ title: 'Recorded once' }, 'recorded');
    await atOnce(Array.from({ length: 6 }, () => call));

    const output = await exportAudit({ ...sandbox.variables, REDIS_URL: redis.url });
    const records = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { idempotencyKey: string | null; outcome: string });
    expect(records.filter(({ idempotencyKey }) => idempotencyKey === 'recorded')).toMatchObject([
      { outcome: 'APPLIED', operation: 'update', badgeIds: [ID], caller: 'anonymous' },
    ]);
    for (const secret of [...Object.values(sandbox.variables), redis.url]) {
      expect(output).not.toContain(secret);
    }
  });
});

/** What the command prints while the services run. */
async function exportAudit(env: Record<string, string>): Promise<string> {
  const main = join(import.meta.dirname, '../../dist/main.js');
  const run = promisify(execFile);
  return (
    await run(process.execPath, [main, '--export-audit'], { env: { ...NODE_ENVIRONMENT, ...env } })
  ).stdout;
}
