import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { startUnreachable, withBaseUrl } from '../../src/sandbox/cli.ts';

const failure = z.object({ cause: z.object({ code: z.string() }) });

async function codeOf(url: string): Promise<string> {
  try {
    await fetch(url);
    return 'answered';
  } catch (error) {
    return failure.parse(error).cause.code;
  }
}

test.each([
  ['refused', /^http:\/\/127\.0\.0\.1:\d+$/, /^ECONNREFUSED$/],
  // The second where no name server can be reached at all.
  ['unresolvable', /^http:\/\/badges\.invalid$/, /^(ENOTFOUND|EAI_AGAIN)$/],
  ['bad-tls', /^https:\/\/127\.0\.0\.1:\d+$/, /^ERR_SSL_/],
] as const)('nobody can connect to what is %s', async (way, url, code) => {
  const { baseUrl, close } = await startUnreachable(way);

  expect(baseUrl).toMatch(url);
  expect(await codeOf(`${baseUrl}/badges`)).toMatch(code);
  await close();
});

test('bad TLS ends also for those who never begin a handshake', async () => {
  const { baseUrl, close } = await startUnreachable('bad-tls');
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1').resume();
  await once(socket, 'connect');
  const ended = once(socket, 'close');
  await close();
  await ended;

  expect(await codeOf(baseUrl)).toBe('ECONNREFUSED');
});

test('all base URLs among the variables of a provider are led astray, and nothing else', () => {
  expect(
    withBaseUrl({ A_BASE_URL: 'a', A_SIDE_BASE_URL: 'b', A_API_KEY: 'key' }, 'astray'),
  ).toEqual({ A_BASE_URL: 'astray', A_SIDE_BASE_URL: 'astray', A_API_KEY: 'key' });
});
