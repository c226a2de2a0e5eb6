import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { LIST, type TenantId, type TwoTenants, startTwoTenants } from './two-tenants.ts';

const BUDGET_BYTES = 100_000;
const END = '"}';

let two: TwoTenants;
beforeAll(async () => {
  two = await startTwoTenants({ bodiesBudgetBytes: BUDGET_BYTES });
});
afterAll(() => two.close());

interface Sending {
  request: ClientRequest;
  answer: Promise<{ status: number | undefined; retryAfter: string | undefined; text: string }>;
}

/** How long a body is, may be told by its chunks or by its head, in which case the fast path reads it. */
type Framing = 'chunks' | 'length';

/** Sends the beginning of a body. */
function begin(framing: Framing, tenant: TenantId, bytes: number): Sending {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const text = `{"query":${JSON.stringify(LIST)},"more":"${'x'.repeat(bytes)}`;
  const headers = {
    'content-type': 'application/json',
    'x-badges-tenant': tenant,
    ...(framing === 'length' && { 'content-length': text.length + END.length }),
  };
  const sent = request(`${two.service.url}/graphql`, { method: 'POST', headers, agent: false });
  sent.on('response', resolve).on('error', reject);
  sent.write(text);
  const answer = promise.then(async (response) => ({
    status: response.statusCode,
    retryAfter: response.headers['retry-after'],
    text: (await response.setEncoding('utf8').toArray()).join(''),
  }));
  return { request: sent, answer };
}

function end({ request: sent, answer }: Sending): Sending['answer'] {
  sent.end(END);
  return answer;
}

test.each<Framing>(['chunks', 'length'])(
  'a tenant whose requests are arriving or waiting may hold half of the bytes, and others get theirs: with %s',
  async (framing) => {
    const beginFor = (tenant: TenantId, bytes: number) => begin(framing, tenant, bytes);
    const askFor = (tenant: TenantId, bytes: number) => end(beginFor(tenant, bytes));
    const [first, second] = [beginFor('acme', 20_000), beginFor('acme', 20_000)];
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
  },
);
