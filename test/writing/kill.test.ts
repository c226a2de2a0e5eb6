import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { MAIN, startServiceProcess } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { execute } from '../support/service.ts';
import { codesOf, mutate, writesOf } from '../support/writing.ts';
import type { MutationCall } from '../support/writing.ts';

const RETURNING_AI = '84845081-98fd-46f3-96aa-1032174e58a5';
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
  name: string;
  call: MutationCall;
  operation: string;
  /** The badge whose history has the mutation; null where nobody knows its id. */
  badge: { provider: string; id: string } | null;
  /** Whether a read can confirm that it was applied. */
  isConfirmable: boolean;
}

const kills: Kill[] = [
  {
    name: 'an update at TagMango',
    call: { kind: 'update', input: { tagMango: { id: TAG_MANGO, name: 'New' } }, key: 'key' },
    operation: 'updateBadge',
    badge: { provider: 'TAG_MANGO', id: TAG_MANGO },
    isConfirmable: true,
  },
  {
    name: 'an update at Returning.AI',
    call: {
      kind: 'update',
      input: { returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES, title: 'New' } },
      key: 'key',
    },
    operation: 'updateBadge',
    badge: { provider: 'RETURNING_AI', id: RETURNING_AI },
    isConfirmable: true,
  },
  {
    name: 'a deletion',
    call: { kind: 'delete', input: { returningAI: { id: RETURNING_AI } }, key: 'key' },
    operation: 'deleteBadge',
    badge: { provider: 'RETURNING_AI', id: RETURNING_AI },
    isConfirmable: true,
  },
  {
    name: 'a creation',
    call: { kind: 'create', input: { tagMango: { name: 'New' } }, key: 'key' },
    operation: 'createBadge',
    badge: null,
    isConfirmable: false,
  },
  {
    name: 'an award',
    call: {
      kind: 'award',
      input: { returningAI: { badgeId: RETURNING_AI, user: { id: '1102' } } },
      key: 'key',
    },
    operation: 'awardBadge',
    badge: { provider: 'RETURNING_AI', id: RETURNING_AI },
    isConfirmable: false,
  },
];

const folders: string[] = [];
const processes: ServiceProcess[] = [];
let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({
    returningAI: { badges: [returningAIStored()] },
    tagMango: { badges: [tagMangoStored()] },
  });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true }));
  await sandbox.close();
});

async function start(folder: string): Promise<ServiceProcess> {
  const started = await startServiceProcess({ ...sandbox.variables, STATE_DIR: folder });
  processes.push(started);
  return started;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'badges-kill-'));
  folders.push(folder);
  return folder;
}

async function exportAudit(folder: string): Promise<AuditLine[]> {
  const env = { ...sandbox.variables, STATE_DIR: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--export-audit'], { env });
  const lines = stdout.split('\n').filter((line) => line !== '');
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

describe.each(kills)('a process killed in the middle of $name', (kill) => {
  test.each([false, true])(
    '(applied: %s) leaves one write at most, one outcome for every repeat, and one record',
    async (isApplied) => {
      const folder = makeFolder();
      const standIn = 'tagMango' in kill.call.input ? sandbox.tagMango : sandbox.returningAI;
      standIn.faults.set(kill.operation, { kind: 'hang', isApplied });
      const first = await start(folder);
      const lost = mutate(first.url, kill.call).catch(() => 'lost');
      await eventually(() => writesOf(sandbox).length === 1);
      await first.kill();
      expect(await lost).toBe('lost');
      standIn.faults.clear();

      const second = await start(folder);
      const repeats = await Promise.all(
        Array.from({ length: REPEATS }, () => mutate(second.url, kill.call)),
      );
      repeats.push(await mutate(second.url, kill.call));

      const isConfirmed = isApplied && kill.isConfirmable;
      expect(repeats.map(codesOf)).toEqual(
        repeats.map(() => (isConfirmed ? [] : ['OUTCOME_UNKNOWN'])),
      );
      for (const repeat of repeats) expect(repeat).toEqual(repeats[0]);
      expect(writesOf(sandbox)).toHaveLength(1);

      // While the service runs.
      const records = await exportAudit(folder);
      expect(records).toMatchObject([
        { operation: kill.call.kind, outcome: 'UNKNOWN', idempotencyKey: 'key' },
      ]);
      if (kill.badge) {
        expect(await historyOf(second.url, kill.badge)).toEqual([
          {
            id: records[0]?.id,
            operation: kill.call.kind,
            outcome: 'UNKNOWN',
            idempotencyKey: 'key',
          },
        ]);
      }
    },
  );
});

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

  const second = await start(folder);
  expect(await exportAudit(folder)).toEqual([]);
  expect(codesOf(await mutate(second.url, call))).toEqual([]);
  expect(writesOf(sandbox)).toHaveLength(1);
  expect(await exportAudit(folder)).toMatchObject([{ outcome: 'APPLIED' }]);
});
