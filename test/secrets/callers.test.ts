import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type SignToken,
  type SigningKey,
  createSigner,
  createSigningKey,
  toTokenPart,
} from '../support/tokens.ts';
import { type Callers, ROUTER_SECRETS, startCallers } from './callers.ts';
import { READS, send, toOutputs } from './calls.ts';
import { type StartingService, startMain } from '../support/service-process.ts';
import { toPlainMarker } from './markers.ts';
import { type Output, findMarkers } from './search.ts';

const BAD = toPlainMarker('bad token of a caller');
const WRONG_SECRET = toPlainMarker('wrong secret of the router');
const HEADER = toPlainMarker('header of a caller');

let folder: string;
let callers: Callers;
let service: StartingService;
let url: string;
let known: SigningKey;
let sign: SignToken;
beforeAll(async () => {
  callers = await startCallers();
  known = callers.key;
  sign = createSigner(callers.issuer);
  folder = mkdtempSync(join(tmpdir(), 'badges-callers-'));
  service = start('state');
  url = await service.url;
});
afterAll(async () => {
  await service.kill();
  await callers.issuer.close();
  rmSync(folder, { recursive: true });
});

function start(state: string): StartingService {
  const STATE_DIR = join(folder, state);
  return startMain({ env: { ...callers.env, ...PROVIDER, NODE_ENV: 'production', STATE_DIR } });
}

/** Nobody listens there. */
const PROVIDER = {
  TAG_MANGO_BASE_URL: 'http://127.0.0.1:1',
  TAG_MANGO_API_KEY: toPlainMarker('key of nobody').value,
  TAG_MANGO_WHITELABEL_HOST: 'acme.tagmango.com',
};

/** Whatever is wrong with a token, the marker is in it. */
async function badTokens(): Promise<Record<string, string>> {
  const stranger = await createSigningKey('key-1');
  const jti = BAD.value;
  const good = await sign(known, { claims: { jti } });
  const [head = '', body = ''] = good.split('.');
  return {
    'that are no tokens': jti,
    'with odd letters': `${jti} ${jti}`,
    'with a broken header': `${jti}.${body}.x`,
    'with a header that is no JSON': `${btoa(`{"alg":"${jti}`)}.${body}.x`,
    'with an unknown algorithm': `${toTokenPart({ alg: jti, kid: jti })}.${body}.x`,
    'with no algorithm': `${toTokenPart({ alg: 'none' })}.${body}.`,
    'with an odd critical header': `${toTokenPart({ alg: 'ES256', crit: [jti], [jti]: 1 })}.${body}.x`,
    'with a payload that is no JSON': `${head}.${btoa(jti)}.${jti}`,
    'of a stranger': await sign(stranger, { claims: { jti } }),
    'with an unknown key': await sign(known, { claims: { jti }, header: { kid: jti } }),
    'that have expired': await sign(known, { claims: { jti, exp: 1 } }),
    'of another issuer': await sign(known, { claims: { jti, iss: jti } }),
    'for others': await sign(known, { claims: { jti, aud: jti } }),
    'with an odd name': await sign(known, { claims: { jti, sub: ` ${jti}` } }),
    'with odd scopes': await sign(known, { claims: { jti, scope: jti } }),
    'of an unknown tenant': await sign(known, { claims: { jti, tenant: jti } }),
  };
}

const markers = () => [...callers.markers, BAD, WRONG_SECRET, HEADER];
const said = async (): Promise<Output[]> => [
  await callers.readMetrics(url),
  { from: 'stdout', text: service.stdout() },
  { from: 'stderr', text: service.stderr() },
];

test('no token that is refused comes back, and none is logged', async () => {
  const outputs: Output[] = [];
  for (const [name, token] of Object.entries(await badTokens())) {
    for (const query of READS.slice(0, 1)) {
      const headers = { ...(await callers.headersOf('default')), authorization: `Bearer ${token}` };
      const answered = await send(url, { ...query, name }, headers);
      expect([name, answered.body]).toEqual([name, expect.stringContaining('"errors"')]);
      outputs.push(...toOutputs(answered));
    }
  }
  expect(findMarkers([...outputs, ...(await said())], markers())).toEqual([]);
});

test('no wrong secret of the router comes back, and none is logged', async () => {
  for (const secret of [WRONG_SECRET.value, `${ROUTER_SECRETS.old.value}${WRONG_SECRET.value}`]) {
    const answered = await send(
      url,
      { name: 'gate', query: '{ __typename }' },
      { 'router-authorization': secret },
    );
    expect(answered.status).toBe(401);
    expect(findMarkers([...toOutputs(answered), ...(await said())], markers())).toEqual([]);
  }
});

test('nothing of a caller is told while the keys of the issuer are unavailable', async () => {
  const { issuer } = callers;
  const { published } = issuer;
  const headers = await callers.headersOf('default');
  const other = await createSigningKey('key-2');
  const lost = start('of-the-lost');
  try {
    const outputs: Output[] = [];
    const lostUrl = await lost.url;
    const ways: (typeof issuer.published)[] = [
      (response) => response.writeHead(500).end(BAD.value),
      (response) => response.writeHead(200).end(`{"keys": ${BAD.value}`),
      (response) => response.writeHead(200).end(JSON.stringify({ keys: BAD.value })),
      (response) => response.writeHead(302, { location: `http://${BAD.value}.invalid` }).end(),
      (response) => response.destroy(),
    ];
    for (const way of ways) {
      issuer.published = way;
      for (const authorization of [
        headers.authorization ?? '',
        `Bearer ${await sign(other, { claims: { jti: BAD.value } })}`,
      ]) {
        outputs.push(
          ...toOutputs(
            await send(
              lostUrl,
              { name: 'outage', query: '{ __typename }' },
              { ...headers, authorization },
            ),
          ),
        );
      }
    }
    expect(lost.stdout()).toContain('Tokens cannot be verified');
    outputs.push({ from: 'stdout', text: lost.stdout() }, { from: 'stderr', text: lost.stderr() });
    expect(findMarkers(outputs, callers.markers)).toEqual([]);
  } finally {
    issuer.published = published;
    await lost.kill();
  }
});

/** As no client sends it. */
async function sendRaw(request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.end(request);
  return text(socket);
}

test('no header of a request that cannot be read comes back, and none is logged', async () => {
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\nrouter-authorization: ${ROUTER_SECRETS.new.value}\r\ncookie: ${HEADER.value}\r\nauthorization: Bearer ${BAD.value}\r\n`;
  const requests = [
    `${head}no colon ${HEADER.value}\r\n\r\n`,
    `${head}content-length: ${HEADER.value}\r\n\r\n`,
    `${head}transfer-encoding: ${HEADER.value}\r\n\r\n`,
    `${head}long: ${HEADER.value.repeat(2_000)}\r\n\r\n`,
    `${head}content-type: application/json\r\ncontent-length: 30\r\nconnection: close\r\n\r\n{"query": "{ badges { x", "no"`,
    `${head}content-type: ${HEADER.value}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
    `GET /${' '}${HEADER.value}\r\n\r\n`,
  ];
  const answers = await Promise.all(requests.map(sendRaw));
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
  const outputs = answers.map((each, index) => ({ from: `raw ${index}`, text: each }));
  expect(findMarkers([...outputs, ...(await said())], markers())).toEqual([]);
});
