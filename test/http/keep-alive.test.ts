import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createPool } from '../../src/http/attempt.ts';
import { eventually } from '../state/eventually.ts';

let server: Server;
let keepAlive: string | undefined;
let connection: Socket;
beforeAll(async () => {
  server = createServer((request, response) => {
    connection = request.socket;
    if (keepAlive !== undefined) response.setHeader('keep-alive', keepAlive);
    response.setHeader('connection', 'keep-alive').end('{}');
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

/** Undici takes two seconds for the way of a request off what a server says. */
test.each([
  ['says nothing', undefined, 4_000],
  ['says five seconds', 'timeout=5', 3_000],
  ['says a minute', 'timeout=60', 4_000],
  ['says a day', 'timeout=86400', 4_000],
])(
  'an idle connection to a provider that %s about keeping it is closed in time',
  async (_what, said, closedAfterMs) => {
    keepAlive = said;
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const pool = createPool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const { body } = await pool.request({ path: '/', method: 'GET' });
      await body.dump();
      const ofIdle = () => timers.mock.calls.filter(([, ms]) => ms === closedAfterMs);
      await eventually(() => ofIdle().length === 1);
      expect(connection.destroyed).toBe(false);
      const closed = once(connection, 'close');
      for (const [end, , ...args] of ofIdle()) end(...args);
      await closed;
    } finally {
      timers.mockRestore();
      await pool.destroy();
    }
  },
);
