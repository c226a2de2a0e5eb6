import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { measure } from '../../bench/comparison/measure.ts';
import { runBench } from './run.ts';

/**
 * Without the peers, which are not installed here, and without goals, for which the rounds are too short. Each request of
 * a rotation is answered several times before the answers are compared, however short that is.
 */
const SHORT = [
  '--rounds',
  '1',
  '--ms',
  '5',
  '--connections',
  '4',
  '--warm-up-ms',
  '1',
  '--targets',
  'fast,full,stored',
];

test('the fast path, the full path and a bare server give the same answers to the requests of the benchmark', async () => {
  const output = await runBench('comparison', [...SHORT, '--only', '^_entities of 10?\\b|^badge']);
  expect(output.match(/^(_entities|badge).*$/gm)).toEqual([
    '_entities of 1',
    '_entities of 10',
    '_entities of 1, 50 documents',
    '_entities of 10, 50 documents',
    'badge',
    'badges of 50, full, same page',
    'badges of 50, full, 50 pages',
    'badges of 50, full, new pages',
    'badges of 50, interface, same page',
    'badges of 50, interface, 50 pages',
    'badges of 50, interface, new pages',
    '_entities of 1, 50 tokens',
    '_entities of 10, 50 tokens',
  ]);
  expect(output).toContain('All bounds hold.');
}, 90_000);

test('a server whose data differ, or come with an error, is named', async () => {
  const answer =
    (body: object): RequestListener =>
    (_request, response) =>
      response.end(JSON.stringify(body));
  const bodies = {
    fast: { data: { badge: { id: '1', name: 'Major' } } },
    mercurius: { data: { badge: { name: 'Major', id: '1' } }, extensions: {} },
    apollo: { data: { badge: { id: '1', name: 'Minor' } } },
    yoga: { data: { badge: { id: '1', name: 'Major' } }, errors: [] },
  } as const;
  const servers = await Promise.all(
    Object.entries(bodies).map(async ([title, body]) => {
      const server = createServer(answer(body)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      return { title, server, url: `http://127.0.0.1:${port}/graphql`, pid: process.pid };
    }),
  );
  const [fast, mercurius, apollo, yoga] = servers;
  if (!fast || !mercurius || !apollo || !yoga) throw new Error('A server is missing');
  const request = Buffer.from('POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}');
  const { differing, rounds } = await measure(
    { name: 'badge', questions: [], variety: 1, hasTokens: false, request: () => request },
    new Map([
      ['fast', fast],
      ['mercurius', mercurius],
      ['apollo', apollo],
      ['yoga', yoga],
    ]),
    { rounds: 2, ms: 5, connections: 2, warmUpMs: 5 },
  );
  for (const { server } of servers) {
    server.close();
    server.closeAllConnections();
  }
  expect(differing).toEqual(['apollo', 'yoga']);
  expect([...rounds].map(([id, each]) => [id, each.length])).toEqual([
    ['fast', 2],
    ['mercurius', 2],
    ['apollo', 2],
    ['yoga', 2],
  ]);
});
