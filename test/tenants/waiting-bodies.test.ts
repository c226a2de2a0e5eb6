import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { LIST, type TenantId, type TwoTenants, startTwoTenants } from './two-tenants.ts';

const BUDGET_BYTES = 100_000;

let two: TwoTenants;
beforeAll(async () => {
  two = await startTwoTenants({ bodiesBudgetBytes: BUDGET_BYTES });
});
afterAll(() => two.close());

interface Sending {
  request: ClientRequest;
  answer: Promise<{ status: number | undefined; retryAfter: string | undefined; text: string }>;
}

/** Sends the beginning of a body, in chunks. */
function begin(tenant: TenantId, bytes: number): Sending {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/json', 'x-badges-tenant': tenant };
  const sent = request(`${two.service.url}/graphql`, { method: 'POST', headers, agent: false });
  sent.on('response', resolve).on('error', reject);
  sent.write(`{"query":${JSON.stringify(LIST)},"more":"${'x'.repeat(bytes)}`);
  const answer = promise.then(async (response) => ({
    status: response.statusCode,
    retryAfter: response.headers['retry-after'],
    text: (await response.setEncoding('utf8').toArray()).join(''),
  }));
  return { request: sent, answer };
}

function end({ request: sent, answer }: Sending): Sending['answer'] {
  sent.end('"}');
  return answer;
}

const askFor = (tenant: TenantId, bytes: number) => end(begin(tenant, bytes));

test('a tenant whose requests are arriving or waiting may hold half of the bytes, and others get theirs', async () => {
  const [first, second] = [begin('acme', 20_000), begin('acme', 20_000)];
  await eventually(async () => (await askFor('acme', 20_000)).status === 503);

  expect(await askFor('acme', 20_000)).toEqual({
    status: 503,
    retryAfter: '1',
    text: expect.stringContaining(
      '"message":"Too many request bytes for this tenant are waiting. Retry this request later.","extensions":{"code":"OVERLOADED","retryable":true,"retryAfterMs":1000,',
    ) as unknown,
  });
  expect(await askFor('acme', 100)).toMatchObject({ status: 200 });
  expect(await askFor('bolt', 20_000)).toMatchObject({ status: 200 });

  expect(await end(first)).toMatchObject({ status: 200 });
  expect(await askFor('acme', 20_000)).toMatchObject({ status: 200 });
  second.answer.catch(() => undefined);
  second.request.destroy();
  await eventually(async () => (await askFor('acme', 45_000)).status === 200);
});
