import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { open, readAnswer, toRequest } from '../identity/raw-request.ts';
import { eventually } from '../state/eventually.ts';
import { manyBadges, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { startWritingService } from '../support/writing.ts';

const DELAY_MS = 400;
/** Of a page asked for again and again, each with a hundred texts of 10,000 characters. */
const LARGE_BYTES = 15_000_000;
const QUERY = JSON.stringify({ query: '{ badges { totalCount } }' });
const PAGE = 'badges(first: 100) { nodes { ... on BadgeFields { description } } }';
/** Its connection stays open, as that of a probe does not. */
const GET_NOTHING = toRequest('GET /nothing HTTP/1.1', [['host', 'localhost']]);
/** Long enough that a stop finds it under way. */
const SLOW = { kind: 'delay', ms: 300 } as const;

function toPost(body: string, saidLength = Buffer.byteLength(body)): string {
  const headers = [
    ['host', 'localhost'],
    ['content-type', 'application/json'],
    ['content-length', String(saidLength)],
  ] as const;
  return toRequest('POST /graphql HTTP/1.1', headers, body);
}

let service: TestService;
beforeEach(async () => {
  service = await startTestService({ shutdownDelayMs: DELAY_MS, freshSeconds: 0 });
});

/** Of the kept connection; nothing else is under way on it. */
async function askOver(socket: Socket, request: string) {
  socket.write(request);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return readAnswer(answer.toString());
}

async function msOf(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

describe('a service that stops', () => {
  test('is not ready, goes on serving for a while, and says with every answer that its connection ends', async () => {
    const kept = await open(service.url);
    const ended = once(kept, 'end');
    expect((await askOver(kept, GET_NOTHING)).headers.connection).toBe('keep-alive');

    const closed = service.close();
    const paths = ['/health/ready', '/health/live', '/graphql?query={__typename}', '/none'];
    const answers = await Promise.all(paths.map((path) => fetch(service.url + path)));
    expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [503, 'close'],
      [200, 'close'],
      [400, 'close'],
      [404, 'close'],
    ]);
    expect(await answers[0]?.json()).toEqual({ status: 'stopping' });

    const { status, headers, body } = await askOver(kept, toPost(QUERY));
    expect([status, headers.connection]).toEqual([200, 'close']);
    expect(JSON.parse(body)).toEqual({ data: { badges: { totalCount: 16 } } });
    await ended;
    await closed;
    await expect(fetch(service.url)).rejects.toThrow('fetch failed');
  });

  test('answers what is under way, and says so there too', async () => {
    service.sandbox.tagMango.faults.set('listBadges', SLOW);
    const socket = await open(service.url);
    socket.write(toPost(QUERY));
    await eventually(() => service.sandbox.tagMango.requests.length > 0);
    const closed = service.close();
    const { status, headers, body } = readAnswer(await text(socket));
    expect([status, headers.connection]).toEqual([200, 'close']);
    expect(JSON.parse(body)).toEqual({ data: { badges: { totalCount: 16 } } });
    await closed;
  });

  test('waits for no connection on which nothing is asked', async () => {
    const sockets = await Promise.all([1, 2, 3].map(() => open(service.url)));
    const [silent, halfHead, idle] = sockets as [Socket, Socket, Socket];
    silent.resume();
    halfHead.resume().write('POST /graphql HTTP/1.1\r\nhost: bad');
    await askOver(idle, GET_NOTHING);
    expect(await msOf(service.close())).toBeLessThan(DELAY_MS + 2_000);
    await eventually(() => sockets.every(({ readableEnded }) => readableEnded));
  });

  test('waits a second for the rest of a request, and carries out none of one that does not come', async () => {
    const late = await open(service.url);
    const never = await open(service.url);
    const half = QUERY.slice(0, 9);
    for (const socket of [late, never]) socket.write(toPost(half, QUERY.length));
    const closed = service.close();
    await pause(DELAY_MS + 300);
    late.write(QUERY.slice(9));
    expect(readAnswer(await text(late)).status).toBe(200);
    const ended = once(never.resume(), 'close');
    expect(await msOf(closed)).toBeLessThan(2_000);
    await ended;
    expect(service.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('lets a slow caller read a large answer to its end, as long as an operation may take', async () => {
    await service.close();
    const description = 'x'.repeat(10_000);
    const badges = manyBadges(100).tagMango.badges.map((badge) => ({ ...badge, description }));
    service = await startTestService({
      sandbox: { tagMango: { badges } },
      attemptTimeoutMs: 200,
      operationDeadlineMs: 1_000,
      answerMaxBytes: 2 * LARGE_BYTES,
      answersBudgetBytes: 8 * LARGE_BYTES,
    });
    // More than the buffers of both ends hold.
    const aliases = Array.from(
      { length: LARGE_BYTES / 1_000_000 },
      (_, index) => `a${index}: ${PAGE}`,
    ).join(' ');
    const sockets = await Promise.all([open(service.url), open(service.url)]);
    const [slow, never] = sockets;
    for (const socket of sockets) {
      socket.pause().write(toPost(JSON.stringify({ query: `{ ${aliases} }` })));
    }
    await eventually(() => sockets.every(({ bytesRead }) => bytesRead > 0));
    const stopped = msOf(service.close());
    await pause(300);
    const { headers, body } = readAnswer(await text(slow));
    expect(body.length).toBe(Number(headers['content-length']));
    const stoppedMs = await stopped;
    expect(stoppedMs).toBeGreaterThan(1_000);
    expect(stoppedMs).toBeLessThan(2_500);
    never.destroy();
  });
});

test('without a delay, as in development, it stops at once', async () => {
  await service.close();
  const quick = await startTestService();
  await askOver(await open(quick.url), GET_NOTHING);
  expect(await msOf(quick.close())).toBeLessThan(2_000);
});

test('idle connections are kept longer than any router keeps them', async () => {
  const { headers } = await askOver(await open(service.url), GET_NOTHING);
  const [, seconds] = /^timeout=(\d+)(,|$)/.exec(headers['keep-alive'] ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(95);
  await service.close();
});

test('a write whose caller has gone away is carried out and recorded before the service ends', async () => {
  await service.close();
  const badge = tagMangoStored();
  const writing = await startWritingService({
    attemptTimeoutMs: 3_000,
    sandbox: { tagMango: { badges: [badge] } },
  });
  writing.sandbox.tagMango.faults.set('updateBadge', SLOW);
  const socket = await open(writing.url);
  const update = `updateBadge(input: { tagMango: { id: "${badge._id}", name: "New" } })`;
  socket.write(toPost(JSON.stringify({ query: `mutation { ${update} { changes { field } } }` })));
  await eventually(() => writing.writes().length > 0);
  socket.destroy();

  await writing.restart();

  const { badgeHistory } = await writing.query(
    `{ badgeHistory(provider: TAG_MANGO, id: "${badge._id}") { edges { node { outcome } } } }`,
  );
  expect(badgeHistory).toEqual({ edges: [{ node: { outcome: 'APPLIED' } }] });
  await writing.close();
});
