import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type ConnectionBounds,
  createConnections,
  createHttpServer,
} from '../../src/server/connections.ts';
import { open as openRaw, readAnswer, sendRaw, toRequest } from '../identity/raw-request.ts';
import { eventually } from '../state/eventually.ts';
import { startTestService } from '../support/service.ts';

const TIMES = {
  keepAliveTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 20,
};
const BOUNDS = { mostNewcomers: 100, mostAdmitted: 100, readAnswerMs: 10_000, mostRequests: 1_000 };
const LET_IN = toRequest('GET /in HTTP/1.1', [['host', 'badges']]);

interface Given {
  bounds?: Partial<ConnectionBounds>;
  times?: Partial<typeof TIMES>;
  handler?: RequestListener;
}

let server: Server | undefined;
const opened: Socket[] = [];
afterEach(() => {
  opened.splice(0).forEach((socket) => socket.destroy());
  server?.close();
  server?.closeAllConnections();
});

async function open(url: string): Promise<Socket> {
  const socket = await openRaw(url);
  opened.push(socket);
  return socket.on('error', () => undefined);
}

/** Lets every path in but /out. */
async function start(given: Given): Promise<string> {
  const connections = createConnections({ ...BOUNDS, ...given.bounds });
  server = createHttpServer(
    {
      connections,
      gate: ({ url, socket }) =>
        url === '/in' && connections.hasRoomFor(socket)
          ? undefined
          : { status: 401, requestId: 'one', body: {} },
      times: { ...TIMES, ...given.times },
      ahead: [],
    },
    given.handler ?? ((_request, response) => response.end('in')),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const isEnded = (socket: Socket) => socket.resume().closed;

async function askOver(socket: Socket, request: string) {
  socket.write(request);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return readAnswer(answer.toString());
}

describe('connections on which nothing was let in', () => {
  test('are so many at most: the oldest makes room for the newest', async () => {
    const url = await start({ bounds: { mostNewcomers: 3 } });
    const sockets: Socket[] = [];
    for (let index = 0; index < 5; index += 1) sockets.push(await open(url));
    await eventually(() => sockets.slice(0, 2).every(isEnded));
    expect(sockets.map(isEnded)).toEqual([true, true, false, false, false]);
    expect((await askOver(sockets[2] as Socket, LET_IN)).status).toBe(200);
  });

  test('push nobody out on whose connection a request was let in', async () => {
    const url = await start({ bounds: { mostNewcomers: 2 } });
    const router = await open(url);
    expect((await askOver(router, LET_IN)).body).toMatch(/in/);
    const others = [await open(url), await open(url), await open(url), await open(url)];
    await eventually(() => others.filter(isEnded).length === 2);
    expect((await askOver(router, LET_IN)).status).toBe(200);
  });

  describe('that were evicted', () => {
    /** Ends those that were evicted so far and have had no request admitted, as a second later. */
    let passSecond: () => void;
    let restore: () => void;
    beforeEach(() => {
      const evictions: (() => void)[] = [];
      passSecond = () => evictions.splice(0).forEach((end) => end());
      const { setTimeout: later } = globalThis;
      const hold = (run: () => void, ms?: number) =>
        later(ms === 1_000 ? () => evictions.push(run) : run, ms === 1_000 ? 0 : ms);
      const spy = jest.spyOn(globalThis, 'setTimeout');
      spy.mockImplementation(hold);
      restore = () => spy.mockRestore();
    });
    afterEach(() => restore());

    test('stay if a request is let in within a second', async () => {
      const url = await start({ bounds: { mostNewcomers: 2 } });
      const [late, silent] = [await open(url), await open(url)];
      for (let index = 0; index < 2; index += 1) await open(url);
      expect((await askOver(late, LET_IN)).status).toBe(200);
      await eventually(() => {
        passSecond();
        return isEnded(silent);
      });
      expect((await askOver(late, LET_IN)).status).toBe(200);
    });

    test('are so many at most, too: the oldest ends at once', async () => {
      const url = await start({ bounds: { mostNewcomers: 2 } });
      const sockets: Socket[] = [];
      for (let index = 0; index < 7; index += 1) sockets.push(await open(url));
      await eventually(() => sockets.slice(0, 3).every(isEnded));
      expect(sockets.map(isEnded)).toEqual([true, true, true, false, false, false, false]);
    });
  });

  test('of a whole service leave room for the router, however many they are', async () => {
    const service = await startTestService({ routerSecrets: ['of-the-router'] });
    const sockets: Socket[] = [];
    // In parts, because what the server's queue of 511 can't hold connects only seconds later.
    while (sockets.length < 1_200) {
      const part = Array.from({ length: 100 }, () => open(service.url));
      sockets.push(...(await Promise.all(part)));
    }
    await eventually(() => sockets.filter(isEnded).length >= 1_200 - 1_000);
    const asRouter = toRequest('GET /nothing HTTP/1.1', [
      ['host', 'badges'],
      ['router-authorization', 'of-the-router'],
    ]);
    expect((await askOver(await open(service.url), asRouter)).status).toBe(404);
    expect(sockets.filter(isEnded).length).toBeLessThan(1_200);
    await service.close();
  });

  test('end when no head of a request comes in time', async () => {
    // Long enough for the part to arrive: bytes that come after the answer would reset the connection.
    const url = await start({ times: { headersTimeout: 1_000 } });
    const slow = await open(url);
    slow.write('GET /in HT');
    const silent = await open(url);
    const answers = await Promise.all([silent, slow].map((socket) => text(socket)));
    expect(answers.map((raw) => raw.split('\r\n', 1))).toEqual([
      ['HTTP/1.1 408 Request Timeout'],
      ['HTTP/1.1 408 Request Timeout'],
    ]);
  });

  test('end after their answer, also when the caller keeps them open and goes on sending', async () => {
    const url = await start({});
    const socket = await open(url);
    const sent = toRequest('POST /out HTTP/1.1', [['host', 'badges']]);
    socket.on('error', () => undefined).write(sent);
    expect(readAnswer(String((await once(socket, 'data'))[0])).status).toBe(401);
    const goOn = setInterval(() => socket.write('x'), 20);
    await once(socket, 'close');
    clearInterval(goOn);
  });
});

describe('connections on which a request was let in', () => {
  test('are so many at most; one that ends makes room for another', async () => {
    const url = await start({ bounds: { mostAdmitted: 2 } });
    const [first, second] = [await open(url), await open(url)];
    for (const socket of [first, second, first]) {
      expect((await askOver(socket, LET_IN)).status).toBe(200);
    }
    expect(readAnswer(await sendRaw(url, LET_IN)).status).toBe(401);
    second.destroy();
    await eventually(async () => (await askOver(await open(url), LET_IN)).status === 200);
  });

  test('carry out nothing that comes behind the last of so many requests', async () => {
    let carriedOut = 0;
    const url = await start({
      bounds: { mostRequests: 3 },
      handler(_request, response) {
        carriedOut += 1;
        response.end('in');
      },
    });
    const raw = await sendRaw(url, LET_IN.repeat(6));
    expect(raw.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(carriedOut).toBe(3);
  });

  test('end with the last of so many requests, which says so', async () => {
    const url = await start({ bounds: { mostRequests: 3 } });
    const socket = await open(url);
    const ended = once(socket, 'close');
    const said: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      said.push((await askOver(socket, LET_IN)).headers.connection);
    }
    expect(said).toEqual(['keep-alive', 'keep-alive', 'close']);
    await ended;
  });
});

describe('an answer that is larger than all buffers', () => {
  const answer = Buffer.alloc(32 * 1024 * 1024, 'x');
  const handler: RequestListener = (_request, response) => response.end(answer);

  test('is not kept for a caller who does not read it', async () => {
    const url = await start({ bounds: { readAnswerMs: 100 }, handler });
    const closed = new Promise((resolve) =>
      server?.once('connection', (own) => own.once('close', resolve)),
    );
    const socket = await open(url);
    socket
      .on('error', () => undefined)
      .pause()
      .write(LET_IN);
    await closed;
    socket.destroy();
  });

  test('is not kept either for one who reads a little of it now and then', async () => {
    const url = await start({ bounds: { readAnswerMs: 200 }, handler });
    const socket = await open(url);
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    let read = 0;
    socket.on('data', ({ length }: Buffer) => {
      read += length;
      socket.pause();
      setTimeout(() => socket.resume(), 20);
    });
    socket.write(LET_IN);
    await closed;
    expect(read).toBeLessThan(answer.length);
  });

  test('is read whole by one who takes it at once', async () => {
    const url = await start({ bounds: { readAnswerMs: 5_000 }, handler });
    const response = await fetch(`${url}/in`);
    expect((await response.arrayBuffer()).byteLength).toBe(answer.length);
  });
});
