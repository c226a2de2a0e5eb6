import { afterEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, startTestService } from '../support/service.ts';

const LIST = '{ badges { totalCount sources { provider state } } }';

let service: TestService | undefined;
let sandbox: Sandbox;
afterEach(async () => {
  await service?.close();
  await sandbox.close();
});

/** On providers that may be faulty before it starts. Gives how long that took, milliseconds. */
async function start(warmUpMs: number): Promise<number> {
  const before = performance.now();
  service = await startTestService({ warmUpMs, providerValues: sandbox.providerValues });
  return performance.now() - before;
}

const listsRead = () =>
  [sandbox.returningAI, sandbox.tagMango].map(
    ({ requests }) => requests.filter(({ operation }) => operation === 'listBadges').length,
  );

test('a service has read both lists before it listens, and its first reader causes no call', async () => {
  sandbox = await startSandbox();
  await start(5_000);
  expect(listsRead()).toEqual([1, 1]);
  const { data, errors } = await (service as TestService).execute(LIST);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ badges: { totalCount: 16 } });
  expect(listsRead()).toEqual([1, 1]);
});

test('without a time for it nothing is read before the first reader', async () => {
  sandbox = await startSandbox();
  await start(0);
  expect(listsRead()).toEqual([0, 0]);
});

test('a provider that hangs delays the start by no more than the time for it, and the other list is there', async () => {
  sandbox = await startSandbox();
  sandbox.tagMango.faults.set('listBadges', { kind: 'hang' });
  const ms = await start(300);
  expect(ms).toBeGreaterThanOrEqual(290);
  expect(ms).toBeLessThan(2_000);
  const { data } = await (service as TestService).execute(
    '{ badges(filter: { providers: [RETURNING_AI] }) { totalCount } }',
  );
  expect(data).toEqual({ badges: { totalCount: 8 } });
  expect(listsRead()[0]).toBe(1);
});

test('the lists of many tenants are read eight at a time, so that a start needs no memory for all of them', async () => {
  sandbox = await startSandbox();
  const { providerValues } = sandbox;
  const ids = Array.from({ length: 20 }, (_, tenant) => `tenant-${tenant}`);
  const tenants = ids.map((id) => ({ id, providerValues, requestLimits: {} }));
  const sum = () => listsRead().reduce((all, read) => all + read);

  for (const { faults } of [sandbox.returningAI, sandbox.tagMango]) {
    faults.set('listBadges', { kind: 'hang' });
  }
  service = await startTestService({ warmUpMs: 300, tenants });
  expect(sum()).toBe(8);
  await service.close();

  for (const { faults } of [sandbox.returningAI, sandbox.tagMango]) faults.clear();
  service = await startTestService({ warmUpMs: 5_000, tenants });
  const read = sum();
  expect(read).toBeGreaterThanOrEqual(8 + 40);
  for (const id of ids) {
    const headers = { 'x-badges-tenant': id };
    const { text } = await sendOperation(`${service.url}/graphql`, { query: LIST }, { headers });
    expect(JSON.parse(text)).toMatchObject({ data: { badges: { totalCount: 16 } } });
  }
  expect(sum()).toBe(read);
});

test('a provider that is down delays nothing, and the service starts', async () => {
  sandbox = await startSandbox();
  sandbox.returningAI.faults.set('listBadges', { kind: 'answer', status: 400 });
  expect(await start(5_000)).toBeLessThan(2_500);
  expect(listsRead()).toEqual([1, 1]);
});
