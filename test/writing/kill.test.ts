import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { type OpenedService, openService } from '../stored/opened-service.ts';
import { runCommand } from '../support/command.ts';
import { type ServiceProcess, runMain, startServiceProcess } from '../support/service-process.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { execute } from '../support/service.ts';
import { type MutationCall, codesOf, mutate, warningsOf, writesOf } from '../support/writing.ts';

const TAG_MANGO = '6657092c8142bfe0656481bf';
const REPEATS = 3;

interface AuditLine {
  id: string;
  operation: string;
  outcome: string;
  idempotencyKey: string;
  changes: unknown[];
}

interface Kill {
  call: MutationCall & { key: string };
  operation: string;
  /** The badge whose history has the mutation; null where nobody knows its id. */
  badge: { provider: string; id: string } | null;
  /** Whether a read can confirm that it was applied. */
  isConfirmable: boolean;
  warnings?: readonly string[];
}

/** The one that is omitted is reset. */
const { awardXpQuantity: _omitted, ...ALL_BUT_ONE } = HIDDEN_VALUES;

/** One of each kind, each of a badge of its own: they are under way together when the process dies. */
const kills: Kill[] = [
  {
    call: { kind: 'update', input: { tagMango: { id: TAG_MANGO, name: 'New' } }, key: 'patch' },
    operation: 'updateBadge',
    badge: { provider: 'TAG_MANGO', id: TAG_MANGO },
    isConfirmable: true,
  },
  {
    call: {
      kind: 'update',
      input: {
        returningAI: { id: 'updated', ...ALL_BUT_ONE, title: 'New', hiddenFields: 'OMIT' },
      },
      key: 'put',
    },
    operation: 'updateBadge',
    badge: { provider: 'RETURNING_AI', id: 'updated' },
    isConfirmable: true,
    warnings: ['HIDDEN_FIELDS_OMITTED'],
  },
  {
    call: { kind: 'delete', input: { returningAI: { id: 'deleted' } }, key: 'delete' },
    operation: 'deleteBadge',
    badge: { provider: 'RETURNING_AI', id: 'deleted' },
    isConfirmable: true,
  },
  {
    // Not the name that the update gives at the same time: then nobody could tell which badge is the created one.
    call: { kind: 'create', input: { tagMango: { name: 'Created' } }, key: 'create' },
    operation: 'createBadge',
    badge: null,
    isConfirmable: true,
  },
  {
    call: {
      kind: 'award',
      input: { returningAI: { badgeId: 'awarded', user: { id: '1102' } } },
      key: 'award',
    },
    operation: 'awardBadge',
    badge: { provider: 'RETURNING_AI', id: 'awarded' },
    isConfirmable: false,
  },
];

const folders: string[] = [];
const processes: ServiceProcess[] = [];
const opened: OpenedService[] = [];
let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({
    returningAI: {
      badges: ['updated', 'deleted', 'awarded'].map((id) => returningAIStored({ id })),
    },
    tagMango: { badges: [tagMangoStored()] },
  });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await Promise.all(opened.splice(0).map((each) => each.stop()));
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true }));
  await sandbox.close();
});

const envOf = (folder: string) => ({ ...sandbox.variables, STATE_DIR: folder });

async function start(folder: string): Promise<ServiceProcess> {
  const started = await startServiceProcess(envOf(folder));
  processes.push(started);
  return started;
}

/** The service that follows one that was killed is not killed itself, and needs no process of its own. */
async function startNext(folder: string): Promise<OpenedService> {
  const next = await openService({ sandbox, env: envOf(folder) });
  opened.push(next);
  return next;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'badges-kill-'));
  folders.push(folder);
  return folder;
}

async function exportAudit(folder: string): Promise<AuditLine[]> {
  const { stdout } = await runCommand('--export-audit', { env: envOf(folder) });
  return toAudit(stdout);
}

function toAudit(exported: string): AuditLine[] {
  const lines = exported.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as AuditLine);
}

async function historyOf(
  url: string,
  badge: NonNullable<Kill['badge']>,
): Promise<{ outcome: string }[]> {
  const { data } = await execute<{ badgeHistory: { nodes: { outcome: string }[] } }, object>(
    url,
    `query ($provider: BadgeProvider!, $id: ID!) {
      badgeHistory(provider: $provider, id: $id) { nodes { id operation outcome idempotencyKey } }
    }`,
    badge,
  );
  return data.badgeHistory.nodes;
}

test.each([false, true])(
  'a process killed in the middle of every kind of mutation (applied: %s) leaves of each one write at most, one outcome for every repeat, and one record',
  async (isApplied) => {
    const folder = makeFolder();
    for (const { operation } of kills) {
      for (const { faults, operations } of [sandbox.returningAI, sandbox.tagMango])
        if (operations.has(operation)) faults.set(operation, { kind: 'hang', isApplied });
    }
    const first = await start(folder);
    const lost = kills.map(({ call }) => mutate(first.url, call).catch(() => 'lost'));
    await eventually(() => writesOf(sandbox).length === kills.length);
    await first.kill();
    expect(await Promise.all(lost)).toEqual(kills.map(() => 'lost'));
    for (const { faults } of [sandbox.returningAI, sandbox.tagMango]) faults.clear();

    const second = await startNext(folder);
    // While the service runs.
    const exporting = await runMain({ env: envOf(folder), args: ['--export-audit'] });
    const records = toAudit(exporting.stdout());
    for (const { call, badge, isConfirmable, warnings = [] } of kills) {
      const atOnce = Array.from({ length: REPEATS }, () => mutate(second.url, call));
      const repeats = [...(await Promise.all(atOnce)), await mutate(second.url, call)];
      const codes = isApplied && isConfirmable ? [] : ['OUTCOME_UNKNOWN'];
      expect(repeats.map((repeat) => [call.key, codesOf(repeat)])).toEqual(
        repeats.map(() => [call.key, codes]),
      );
      for (const repeat of repeats) expect(repeat).toEqual(repeats[0]);
      expect(repeats.map(warningsOf)).toEqual(repeats.map(() => warnings));

      const own = records.filter(({ idempotencyKey }) => idempotencyKey === call.key);
      expect(own).toMatchObject([{ operation: call.kind, outcome: 'UNKNOWN' }]);
      if (!badge) continue;
      const operation = call.kind.toUpperCase();
      const entry = { operation, outcome: 'UNKNOWN', idempotencyKey: call.key };
      expect(await historyOf(second.url, badge)).toEqual([{ id: own[0]?.id, ...entry }]);
    }
    expect(writesOf(sandbox)).toHaveLength(kills.length);
    expect(await exportAudit(folder)).toEqual(records);
    expect(records).toHaveLength(kills.length);
  },
);

test('a process killed while it reads before the write leaves the key free and no record', async () => {
  const folder = makeFolder();
  sandbox.tagMango.faults.set('listBadges', { kind: 'hang' });
  const call: MutationCall = {
    kind: 'update',
    input: { tagMango: { id: TAG_MANGO, name: 'New' } },
    key: 'key',
  };
  const first = await start(folder);
  const lost = mutate(first.url, call).catch(() => 'lost');
  await eventually(() => sandbox.tagMango.requests.length === 1);
  await first.kill();
  expect(await lost).toBe('lost');
  sandbox.tagMango.faults.clear();

  const second = await startNext(folder);
  expect(await exportAudit(folder)).toEqual([]);
  expect(codesOf(await mutate(second.url, call))).toEqual([]);
  expect(writesOf(sandbox)).toHaveLength(1);
  expect(await exportAudit(folder)).toMatchObject([{ outcome: 'APPLIED' }]);
});

const OTHER_HIDDEN_VALUES: typeof HIDDEN_VALUES = {
  darkImage: 'https://img.example/night.png',
  lightImage: 'https://img.example/day.png',
  enabledDarkAndLight: false,
  award: false,
  awardCurrency: false,
  awardXpQuantity: 71,
  awardCurrencyQuantity: 8,
};
const hiddenFields = Object.keys(HIDDEN_VALUES) as (keyof typeof HIDDEN_VALUES)[];

test.each([{ fields: hiddenFields }, { fields: hiddenFields.slice(0, 1) }])(
  'a killed process that may have changed what nobody can see ($fields) leaves the badge with another version',
  async ({ fields }) => {
    const folder = makeFolder();
    const first = await start(folder);
    const changed = fields.map((field) => [field, OTHER_HIDDEN_VALUES[field]] as const);
    const hiddenValues = { ...HIDDEN_VALUES, ...Object.fromEntries(changed) };
    const input = { returningAI: { id: 'updated', ...hiddenValues } };
    const before = await mutate(first.url, {
      kind: 'update',
      input: { returningAI: { id: 'updated', ...HIDDEN_VALUES, title: 'Known' } },
    });
    sandbox.returningAI.faults.set('updateBadge', { kind: 'hang', isApplied: true });
    const lost = mutate(first.url, { kind: 'update', input }).catch(() => 'lost');
    await eventually(() => writesOf(sandbox).length === 2);
    await first.kill();
    expect(await lost).toBe('lost');
    sandbox.returningAI.faults.clear();

    const second = await startNext(folder);
    const rename = (expectedVersion: unknown): MutationCall => ({
      kind: 'update',
      input: { returningAI: { id: 'updated', ...HIDDEN_VALUES, title: 'Next' } },
      expectedVersion,
    });
    const versionBefore = before.badge?.version;
    const refused = await mutate(second.url, rename(versionBefore));
    expect(codesOf(refused)).toEqual(['CONFLICT']);
    expect(refused.badge?.version).not.toBe(versionBefore);
    expect(codesOf(await mutate(second.url, rename(refused.badge?.version)))).toEqual([]);
    expect(writesOf(sandbox)).toHaveLength(3);
  },
);
