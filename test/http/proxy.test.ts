import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Proxies } from '../../src/http/attempt.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ANSWERED, ask } from '../identity/ask.ts';
import { createCertificate } from '../support/certificates.ts';
import { type ForwardProxy, type Mood, startForwardProxy } from '../support/forward-proxy.ts';
import { type TestService, type TestServiceOptions, startTestService } from '../support/service.ts';
import { type TlsFront, startTlsFront } from '../support/tls-front.ts';
import { createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { type MutationCall, codesOf, mutate, writesOf } from '../support/writing.ts';

/** Hosts that only the proxy knows. */
const HOST = 'tag-mango.example';
const UNTRUSTED_HOST = 'untrusted.example';
const ISSUER_HOST = 'issuer.example';
const CREDENTIALS = 'ada:p%40ss';
const AUTHORIZATION = `Basic ${Buffer.from('ada:p@ss').toString('base64')}`;
const CREATE: MutationCall = { kind: 'create', input: { tagMango: { name: 'Through a proxy' } } };

const trusted = createCertificate([HOST, ISSUER_HOST]);
const others = createCertificate([UNTRUSTED_HOST]);
const before = tls.getCACertificates('default');

let sandbox: Sandbox;
let fronts: TlsFront[];
let proxy: ForwardProxy;
let services: TestService[];

beforeAll(() => tls.setDefaultCACertificates([...before, trusted.cert]));
afterAll(() => tls.setDefaultCACertificates(before));
beforeEach(async () => {
  sandbox = await startSandbox();
  services = [];
  const port = Number(new URL(sandbox.tagMango.origin).port);
  fronts = [await startTlsFront(port, trusted), await startTlsFront(port, others)];
  const [front, untrusted] = fronts;
  proxy = await startForwardProxy({
    [HOST]: front?.port ?? 0,
    [UNTRUSTED_HOST]: untrusted?.port ?? 0,
    'plain.example': port,
  });
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  await proxy.close();
  await Promise.all(fronts.map((front) => front.close()));
  await sandbox.close();
});

const proxies = (overrides: Partial<Proxies> = {}): Proxies => {
  const url = proxy.url.replace('//', `//${CREDENTIALS}@`);
  return { https: url, http: url, except: '', ...overrides };
};

async function startAt(origin: string, options: TestServiceOptions = {}): Promise<TestService> {
  const { tagMango } = sandbox.providerValues;
  const service = await startTestService({
    providerValues: { tagMango: { ...tagMango, TAG_MANGO_BASE_URL: origin } },
    attemptTimeoutMs: 1_000,
    operationDeadlineMs: 4_000,
    proxies: proxies(),
    ...options,
  });
  services.push(service);
  return service;
}

const create = (service: TestService) => mutate(`${service.url}/graphql`, CREATE);
const readTotal = async (service: TestService) =>
  (
    await service.execute<{ badges: { totalCount: number } | null }, object>(
      '{ badges { totalCount } }',
    )
  ).data.badges?.totalCount;

describe('a provider by https', () => {
  test('is read and written to through a tunnel, with the credentials of the proxy for the proxy alone', async () => {
    const service = await startAt(`https://${HOST}`);
    expect(await readTotal(service)).toBe(8);
    expect(codesOf(await create(service))).toEqual([]);

    expect(new Set(proxy.asked.map(({ what }) => what))).toEqual(new Set([`CONNECT ${HOST}:443`]));
    expect(proxy.asked[0]?.authorization).toBe(AUTHORIZATION);
    expect(writesOf(sandbox)).toHaveLength(1);
    for (const { headers } of sandbox.tagMango.requests) {
      expect(Object.keys(headers).filter((name) => name.startsWith('proxy-'))).toEqual([]);
    }
  });

  test('has no more than 16 tunnels, and each is used again', async () => {
    const service = await startAt(`https://${HOST}`);
    sandbox.tagMango.faults.set('createBadge', { kind: 'delay', ms: 100 });
    const payloads = await Promise.all(Array.from({ length: 40 }, () => create(service)));
    expect(payloads.flatMap(codesOf)).toEqual([]);
    expect(proxy.asked.length).toBeLessThanOrEqual(16);
  });

  test.each<[string, Mood, string]>([
    ['refuses us (403)', 403, 'PROVIDER_UNAVAILABLE'],
    ['wants other credentials (407)', 407, 'PROVIDER_UNAVAILABLE'],
    ['cannot reach it (502)', 502, 'PROVIDER_UNAVAILABLE'],
    ['breaks off', 'resets', 'PROVIDER_UNAVAILABLE'],
    ['does not answer', 'hangs', 'PROVIDER_TIMEOUT'],
  ])(
    'behind a proxy that %s is sent nothing, and the write may be repeated',
    async (_what, mood, code) => {
      proxy.mood = mood;
      const service = await startAt(`https://${HOST}`);
      const { userErrors } = await create(service);
      expect(userErrors).toMatchObject([{ code, retryable: true }]);
      proxy.mood = 'passes on';
      expect(codesOf(await create(service))).toEqual([]);
      expect(writesOf(sandbox)).toHaveLength(1);
    },
  );

  test('whose answer is lost in the tunnel leaves the outcome unknown', async () => {
    sandbox.tagMango.faults.set('createBadge', { kind: 'reset', isApplied: true });
    expect(codesOf(await create(await startAt(`https://${HOST}`)))).toEqual(['OUTCOME_UNKNOWN']);
    expect(writesOf(sandbox)).toHaveLength(1);
  });

  test('whose certificate is not trusted is sent nothing through the tunnel', async () => {
    const service = await startAt(`https://${UNTRUSTED_HOST}`);
    expect(codesOf(await create(service))).toEqual(['PROVIDER_UNAVAILABLE']);
    expect(sandbox.tagMango.requests).toEqual([]);
  });

  test.each(['tag-mango.example', '.example', 'other.example, TAG-MANGO.example:443', '*'])(
    'is asked directly when NO_PROXY is %s',
    async (except) => {
      const service = await startAt(`https://${HOST}`, { proxies: proxies({ except }) });
      expect(codesOf(await create(service))).toEqual([
        expect.stringMatching(/UNAVAILABLE|TIMEOUT/),
      ]);
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(['mango.example', 'tag-mango.example:8443', 'example.tag-mango'])(
    'is asked through the proxy when NO_PROXY is %s, which is something else',
    async (except) => {
      const service = await startAt(`https://${HOST}`, { proxies: proxies({ except }) });
      expect(await readTotal(service)).toBe(8);
    },
  );

  test('is asked directly when there is a proxy for plain http only', async () => {
    const service = await startAt(`https://${HOST}`, { proxies: proxies({ https: undefined }) });
    await create(service);
    expect(proxy.asked).toEqual([]);
  });
});

describe('a provider by plain http', () => {
  test('is asked through the proxy by its whole URL', async () => {
    const service = await startAt('http://plain.example');
    expect(await readTotal(service)).toBe(8);
    expect(codesOf(await create(service))).toEqual([]);
    const url = 'http://plain.example/api/v1/external/gamification/badges';
    expect(new Set(proxy.asked.map(({ what }) => what))).toEqual(
      new Set([`GET ${url}`, `POST ${url}`]),
    );
    expect(proxy.asked[0]?.authorization).toBe(AUTHORIZATION);
  });

  test('behind a proxy that wants other credentials is told as a fault, and works again later', async () => {
    const service = await startAt('http://plain.example');
    proxy.mood = 407;
    const { errors } = await service.execute('{ badges { totalCount } }');
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_UNAVAILABLE' } }]);
    expect(codesOf(await create(service))).not.toEqual([]);
    expect(sandbox.tagMango.requests).toEqual([]);
    proxy.mood = 'passes on';
    expect(codesOf(await create(service))).toEqual([]);
  });
});

test('this machine is never reached through a proxy', async () => {
  const service = await startAt(sandbox.tagMango.origin);
  expect(await readTotal(service)).toBe(8);
  expect(proxy.asked).toEqual([]);
});

test('the keys of the issuer of tokens come through the proxy too', async () => {
  const key = await createSigningKey('key-1');
  const issuer = await startIssuer([key]);
  const front = await startTlsFront(Number(new URL(issuer.settings.issuer).port), trusted);
  const own = await startForwardProxy({ [ISSUER_HOST]: front.port });
  const service = await startTestService({
    proxies: { https: own.url, http: undefined, except: '' },
    tokens: { ...issuer.settings, jwksUrl: `https://${ISSUER_HOST}/jwks.json` },
  });
  const token = await createSigner(issuer)(key);

  expect(await ask(`${service.url}/graphql`, { token })).toEqual(ANSWERED);
  expect(own.asked).toEqual([{ what: `CONNECT ${ISSUER_HOST}:443`, authorization: undefined }]);

  await service.close();
  await own.close();
  await front.close();
  await issuer.close();
});
