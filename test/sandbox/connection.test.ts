import { once } from 'node:events';
import { type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { waitConnected, writeEvery } from '../../src/sandbox/fault-kinds.ts';

const LONG = 600_000;

/** An answer that somebody waits for, and a way to leave. */
let response: ServerResponse;
let leave: () => Promise<void>;
const server = createServer();

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = request({ port: (server.address() as AddressInfo).port });
  asked.on('error', () => undefined).end();
  [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  leave = async () => {
    const closed = once(response, 'close');
    asked.destroy();
    await closed;
  };
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
});
afterEach(async () => {
  jest.useRealTimers();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

test('a drip writes as often as it should, until its caller leaves', async () => {
  const before = jest.getTimerCount();
  const write = jest.fn();
  writeEvery(response, 50, write);
  jest.advanceTimersByTime(200);
  await leave();
  jest.advanceTimersByTime(200);

  expect(write).toHaveBeenCalledTimes(4);
  expect(jest.getTimerCount()).toBe(before);
});

test('a wait ends in time', async () => {
  const waited = waitConnected(response, LONG);
  jest.advanceTimersByTime(LONG);

  expect(await waited).toBeUndefined();
});

test('a wait leaves no timer behind when its caller leaves', async () => {
  const before = jest.getTimerCount();
  void waitConnected(response, LONG);
  const during = jest.getTimerCount();
  await leave();

  expect([during, jest.getTimerCount()]).toEqual([before + 1, before]);
});

test('nothing begins for a caller who has left', async () => {
  await leave();
  const before = jest.getTimerCount();
  void waitConnected(response, LONG);
  writeEvery(response, 50, () => undefined);

  expect(jest.getTimerCount()).toBe(before);
});
