import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EraseError, readEraseOptions } from '../../src/badges/erasing/erase.ts';
import { runCommand } from '../support/command.ts';
import { runMain } from '../support/service-process.ts';
import { ADA, HALL_OF_FAME, MAJOR } from '../support/operation-cases.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import {
  TENANTS,
  type TenantId,
  type TwoTenants,
  startTwoTenants,
} from '../tenants/two-tenants.ts';
import { bytesOf, placesOf } from './stored-bytes.ts';
import { type OpenedStore, describeStores } from './stores.ts';

/** What only one tenant writes, in letters that stand nowhere else. */
const wordsOf = (tenant: TenantId) => ({
  description: `Ada Lovelace of ${tenant}`,
  actor: `clerk-${tenant}@example.com`,
  key: `key-of-${tenant}`,
});

interface Payload {
  userErrors: { code: string }[];
}

const toMutation = (kind: string, input: object) => ({
  query: `mutation ($input: ${kind.charAt(0).toUpperCase()}${kind.slice(1)}BadgeInput!, $key: String) {
    payload: ${kind}Badge(input: $input, idempotencyKey: $key) { userErrors { code message } }
  }`,
  variables: { input },
});

const CONFIGURED = {
  TAG_MANGO_API_KEY: 'a-key-of-tag-mango',
  TAG_MANGO_WHITELABEL_HOST: 'acme.tagmango.com',
};

describeStores((open) => {
  let opened: OpenedStore;
  let two: TwoTenants;
  beforeEach(async () => {
    opened = await open();
    two = await startTwoTenants({ store: opened.store });
    for (const tenant of TENANTS) await writeAll(tenant);
  });
  afterEach(async () => {
    await two.close();
    await opened.close();
  });

  async function write(tenant: TenantId, kind: string, input: object, key: string | null = null) {
    const call = toMutation(kind, input);
    const variables = { ...call.variables, key };
    const { actor } = wordsOf(tenant);
    const { payload } = await two.ask<{ payload: Payload }>(tenant, { ...call, variables, actor });
    return payload.userErrors.map(({ code }) => code);
  }

  /** What is stored of one tenant: each kind of thing once. */
  async function writeAll(tenant: TenantId): Promise<void> {
    const { description, key } = wordsOf(tenant);
    const update = { id: MAJOR, description, ...HIDDEN_VALUES, image: 'https://img.example/m.png' };
    expect(await write(tenant, 'update', { returningAI: update }, key)).toEqual([]);
    const award = { badgeIds: [HALL_OF_FAME], userId: ADA.tagMango };
    expect(await write(tenant, 'award', { tagMango: award }, `${key}-award`)).toEqual([]);
    const other = { badgeId: MAJOR, user: { id: ADA.returningAI } };
    expect(await write(tenant, 'award', { returningAI: other })).toEqual([]);
    expect(await write(tenant, 'update', { tagMango: { id: HALL_OF_FAME, description } })).toEqual(
      [],
    );
  }

  /** The folder belongs to one process at a time. */
  async function erase(...args: string[]) {
    if (!opened.redis) await opened.store.close();
    const env = { ...CONFIGURED, ...opened.env };
    const { code, stderr } = await runCommand('--erase-state', { env, args });
    return { code, said: stderr };
  }

  const stored = async (text: string) => placesOf(await bytesOf(opened), text);

  test('a tenant is erased with all that was stored of it, byte for byte, and another tenant with nothing', async () => {
    const [mine, others] = [wordsOf('acme'), wordsOf('bolt')];
    for (const text of Object.values(mine)) expect(await stored(text)).not.toEqual([]);
    const { code, said } = await erase('--tenant', 'acme');
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringContaining('Erased for tenant acme: 4 audit records, 4 history entries'),
    });
    expect(said).toContain('2 idempotency keys');
    for (const text of [...Object.values(mine), '"acme"', 'acme/'])
      expect(await stored(text)).toEqual([]);
    for (const text of [...Object.values(others), 'bolt/'])
      expect(await stored(text)).not.toEqual([]);
  });

  test('a badge is erased, and what is stored of others stays', async () => {
    const args = ['--tenant', 'acme', '--provider', 'RETURNING_AI', '--badge', MAJOR];
    const before = await erase(...args, '--dry-run');
    expect(before).toEqual({
      code: 0,
      said: expect.stringContaining(
        `A run without --dry-run would erase for the badge ${MAJOR} of RETURNING_AI in tenant acme: 2 audit records, 2 history entries`,
      ),
    });
    expect(await stored(wordsOf('acme').description)).not.toEqual([]);
    expect((await erase(...args)).said).toContain('Erased for the badge');
    expect(await stored(`acme/RETURNING_AI/${MAJOR}`)).toEqual([]);
    expect(await stored(HIDDEN_VALUES.darkImage)).not.toEqual([]);
    expect(await stored(`acme/TAG_MANGO/${HALL_OF_FAME}`)).not.toEqual([]);
    expect(await erase(...args)).toEqual({
      code: 1,
      said: expect.stringContaining('Nothing is stored for the badge'),
    });
  });

  test('a member is erased under any spelling of the ID', async () => {
    const args = ['--tenant', 'acme', '--member', ADA.tagMango.toUpperCase()];
    expect((await erase(...args)).said).toContain(
      '1 audit record, 1 history entry, 1 remembered value, 1 idempotency key',
    );
    expect(await stored(`held/acme/TAG_MANGO`)).toEqual([]);
    const same = ['--tenant', 'acme', '--member', ADA.tagMango];
    expect((await erase(...same)).said).toContain('Nothing is stored for the member');
  });

  test('a member is erased from awards, histories and held badges, and the badge itself stays', async () => {
    const args = ['--tenant', 'acme', '--member', ADA.tagMango];
    expect((await erase(...args, '--dry-run')).said).toContain(
      'A run without --dry-run would erase for the member',
    );
    expect((await erase(...args)).said).toContain(
      `Erased for the member ${ADA.tagMango} in tenant acme: 1 audit record, 1 history entry, 1 remembered value, 1 idempotency key`,
    );
    const lines = (await bytesOf(opened)).flatMap(({ text }) => [
      ...text.matchAll(/"tenant":"(\w+)"[^}]{0,900}?userId[^}]{0,30}6650aa11bb22cc33dd44ee55/g),
    ]);
    expect(new Set(lines.map(([, tenant]) => tenant))).toEqual(new Set(['bolt']));
    expect(await stored(`held/acme/TAG_MANGO`)).toEqual([]);
    expect(await stored(wordsOf('acme').description)).not.toEqual([]);
    expect((await erase(...args)).code).toBe(1);
  });

  test.each([
    [['--tenant', 'nobody'], /Nothing is stored for tenant nobody\. It is not in the settings/],
    [['--tenant', 'acme', '--member', 'ada@example.com'], /Nothing is stored.*by ID only/],
    [
      ['--tenant', 'acme', '--provider', 'TAG_MANGO', '--badge', 'f'.repeat(24)],
      /Nothing is stored for the badge/,
    ],
    [[], /Specify whose data/],
  ])('%p is refused with a sentence, and nothing is erased', async (args, sentence) => {
    const { code, said } = await erase(...args);
    expect(code).toBe(1);
    expect(said).toMatch(sentence);
    expect(await stored(wordsOf('acme').description)).not.toEqual([]);
  });
});

const UNKNOWN = ['--all'];
const UNKNOWN_TOLD = /Unknown option '--all'/;

test.each([
  [['--tenant', 'acme', '--provider', 'TAG_MANGO', '--badge', 'x'], /TagMango cannot have a badge/],
  [['--tenant', 'acme', '--badge', MAJOR], /--provider and --badge together/],
  [['--tenant', 'acme', '--provider', 'OTHER', '--badge', MAJOR], /no provider OTHER/],
  [UNKNOWN, UNKNOWN_TOLD],
])('the options %p are refused with a sentence', (args, sentence) => {
  expect(() => readEraseOptions(args)).toThrow(EraseError);
  expect(() => readEraseOptions(args)).toThrow(sentence);
});

test('an option that is refused ends the process with 1', async () => {
  const child = await runMain({ env: CONFIGURED, args: ['--erase-state', ...UNKNOWN] });
  expect([child.code, child.stdout()]).toEqual([1, '']);
  expect(child.stderr()).toMatch(UNKNOWN_TOLD);
  expect(child.stderr()).not.toMatch(/^ {4}at /m);
});
