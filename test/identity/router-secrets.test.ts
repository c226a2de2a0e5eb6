import { execFile } from 'node:child_process';
import { createHash, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { createRouterSecrets } from '../../src/server/identity/authenticate.ts';

const SECRETS = ['first', 'second', 'third'];
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

describe('every configured secret is compared, by its digest, whatever comes:', () => {
  test.each([
    ['the first', 'first', true],
    ['the second', 'second', true],
    ['the last', 'third', true],
    ['a wrong one', 'fourth', false],
    ['an empty one', '', false],
    ['none', undefined, false],
    ['a part', 'firs', false],
    ['a very long one', 'first'.repeat(2_000), false],
  ])('%s', (_what, header, isAccepted) => {
    const compared: string[][] = [];
    const secrets = createRouterSecrets(SECRETS, (a, b) => {
      compared.push([a.toString('hex'), b.toString('hex')]);
      return timingSafeEqual(a, b);
    });

    expect(secrets.accepts(header)).toBe(isAccepted);
    expect(compared).toEqual(SECRETS.map((secret) => [digest(header ?? ''), digest(secret)]));
  });

  test('one that replaced others', () => {
    const compared: string[] = [];
    const secrets = createRouterSecrets(SECRETS, (a, b) => {
      compared.push(b.toString('hex'));
      return timingSafeEqual(a, b);
    });
    secrets.replace(['fourth']);

    expect(['first', 'fourth'].map((secret) => secrets.accepts(secret))).toEqual([false, true]);
    expect(compared).toEqual([digest('fourth'), digest('fourth')]);
  });
});

test('what was accepted on a connection is accepted again, and nothing else, until the secrets change', () => {
  const secrets = createRouterSecrets(SECRETS);
  const [connection, other] = [{}, {}];
  const accepts = (header: string) => secrets.accepts(header, connection);
  expect([accepts('second'), accepts('second'), accepts('third')]).toEqual([true, true, true]);
  expect(['thirD', 'thir', 'third ', ''].map(accepts)).toEqual([false, false, false, false]);
  expect(secrets.accepts('thirD', other)).toBe(false);
  secrets.keepOnly(['first']);
  expect([accepts('third'), accepts('first')]).toEqual([false, true]);
  secrets.replace(['fourth']);
  expect([accepts('first'), accepts('fourth')]).toEqual([false, true]);
});

test('without secrets none is needed, and none is accepted', () => {
  const secrets = createRouterSecrets([]);
  expect([secrets.isNeeded(), secrets.accepts(undefined), secrets.accepts('')]).toEqual([
    false,
    false,
    false,
  ]);
  secrets.replace(['one']);
  expect([secrets.isNeeded(), secrets.accepts('one')]).toEqual([true, true]);
});

/** In a process where Node's own comparison tells when it is called. */
const PROGRAM = `
  import crypto from 'node:crypto';
  import { syncBuiltinESMExports } from 'node:module';
  const { timingSafeEqual } = crypto;
  const lengths = [];
  crypto.timingSafeEqual = (a, b) => {
    lengths.push([a.length, b.length]);
    return timingSafeEqual(a, b);
  };
  syncBuiltinESMExports();
  const { createRouterSecrets } = await import(process.argv[1]);
  const secrets = createRouterSecrets(['first', 'second']);
  const accepted = ['second', 'secon', undefined].map((secret) => secrets.accepts(secret));
  console.log(JSON.stringify({ accepted, lengths }));
`;

test("the comparison is Node's timingSafeEqual, of digests of one length", async () => {
  const module = new URL('../../dist/server/identity/authenticate.js', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    PROGRAM,
    module,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    accepted: [true, false, false],
    lengths: Array.from({ length: 6 }, () => [32, 32]),
  });
});
