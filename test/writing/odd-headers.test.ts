import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SIDES } from '../faults/faulty-service.ts';
import { type Front, startFront } from '../support/front.ts';
import { resetStandIns } from '../support/operation-cases.ts';
import { type WritingService, codesOf, mutate, startWritingService } from '../support/writing.ts';

/** Proxies that hand on what a provider answers, under headers of their own. */

type Headers = Record<string, string | string[]>;
const json = { 'content-type': 'application/json' };
const withLineBreak = (body: Buffer) => Buffer.concat([gzipSync(body), Buffer.from('\n')]);

const PROXIES: readonly [what: string, headers: Headers, encode?: (body: Buffer) => Buffer][] = [
  ['Content-Type twice', { 'content-type': ['application/json', 'application/json'] }],
  ['two that differ', { 'content-type': ['application/json; charset=utf-8', 'text/html'] }],
  ['text/json in us-ascii', { 'content-type': 'text/json; charset=us-ascii' }],
  ['no Content-Type', {}],
  ['an empty Content-Encoding', { ...json, 'content-encoding': '' }],
  ['x-gzip', { ...json, 'content-encoding': 'x-gzip' }, gzipSync],
  ['gzip and a line break', { ...json, 'content-encoding': 'gzip' }, withLineBreak],
];

describe.each(SIDES)('an update at $title that took effect', (side) => {
  let service: WritingService;
  let behind: Awaited<ReturnType<WritingService['startTwin']>>;
  let front: Front;
  beforeAll(async () => {
    service = await startWritingService();
    front = await startFront(service.sandbox[side.at].origin);
    const values = service.sandbox.providerValues[side.at];
    const providerValues = { [side.at]: { ...values, [side.baseUrl]: front.origin } };
    behind = await service.startTwin({ providerValues });
  });
  afterAll(async () => {
    await front.close();
    await behind.close();
    await service.close();
  });
  beforeEach(() => resetStandIns(service.sandbox));

  test.each(PROXIES)('is known to have, though it is answered with %s', async (...proxy) => {
    const [, headers, encode = (body: Buffer) => body] = proxy;
    front.misbehave = async (response, passOn) => {
      const body = Buffer.from(await (await passOn()).arrayBuffer());
      response.writeHead(200, headers).end(encode(body));
    };
    const payload = await mutate(`${behind.url}/graphql`, side.update);
    expect(codesOf(payload)).toEqual([]);
    expect(payload.badge).toMatchObject({ id: side.id, name: 'New' });
  });
});
