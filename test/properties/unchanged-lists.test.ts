import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import type { BadgeList } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import type { ProviderClient } from '../../src/providers/provider.ts';
import { plainHttpDeps } from '../support/http-deps.ts';
import { numRuns } from './runs.ts';
import { wires } from './wires.ts';

const MB = 1024 * 1024;

/** A client that knows the last list reads every answer as one that knows none, whatever changed in between. */

interface Listed {
  status: number;
  headers: Record<string, string>;
  body: string;
}

let server: Server;
let listed: Listed;
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(listed.status, listed.headers).end(listed.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

/** Each of these reads or rejects the same body in its own way. */
const statuses = fc.oneof(
  { weight: 9, arbitrary: fc.constant(200) },
  { weight: 1, arbitrary: fc.constantFrom(201, 206, 503) },
);
const oddHeaders = fc.constantFrom<Record<string, string>>(
  ...[{ 'content-type': 'application/json' }, { 'content-type': 'text/html' }],
  ...[{ 'content-type': 'application/json; charset=latin1' }, { 'x-request-id': '2' }],
  ...[{ 'x-total-count': '99' }, { 'x-total-count': '1' }, { 'content-range': 'badges 0-1/9' }],
  ...[{ link: '</badges?page=2>; rel="next"' }, { 'x-has-more': 'true' }, { age: '7' }],
);
const headers = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, oddHeaders);
/** A list in its envelope, as the provider documents it. */
const ANSWERS: Readonly<Record<string, (records: string) => string>> = {
  returningAI: (records) => `{"meta":{"success":true},"body":[${records}]}`,
  tagMango: (records) => `{"success":true,"result":[${records}]}`,
};
const SETTINGS: Readonly<Record<string, Record<string, string>>> = {
  returningAI: { RETURNING_AI_API_KEY: 'key' },
  tagMango: { TAG_MANGO_API_KEY: 'key', TAG_MANGO_WHITELABEL_HOST: 'host.example' },
};

/** A text of a badge, by the name of its field in records. */
const TEXTS: Readonly<Record<string, string>> = { returningAI: 'title', tagMango: 'name' };

type Result = { list: BadgeList } | { kind: string; message: string };

async function read(client: ProviderClient, last?: BadgeList): Promise<Result> {
  try {
    const bounds = { purpose: 'settle', deadlineAt: Date.now() + 1_000 } as const;
    return { list: await client.listBadges(bounds, last) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { kind: error.kind, message: error.message };
  }
}

describe.each(wires.map((wire) => [wire.provider.name.title, wire] as const))('%s', (_, wire) => {
  const { provider, readings, validRecord } = wire;
  const toAnswer = ANSWERS[provider.key] ?? String;
  const body = fc.oneof(
    { weight: 3, arbitrary: fc.array(validRecord, { maxLength: 4 }).map(String) },
    { weight: 1, arbitrary: readings['a list']?.answer ?? validRecord },
  );
  /** Few bodies, so that they come again, also with records in another order. */
  const answers = fc
    .tuple(fc.array(body, { minLength: 1, maxLength: 2 }), validRecord)
    .chain(([bodies, record]) => {
      const lists = bodies.map(toAnswer);
      const orders = [`${record},${bodies[0]}`, `${bodies[0]},${record}`].map(toAnswer);
      const listing = fc.record({
        status: statuses,
        headers,
        body: fc.constantFrom(...lists, ...lists, ...orders, ...bodies),
      });
      /** The same bytes twice, of which only the headers may say that they are no longer the whole list. */
      const twins = oddHeaders.map((odd) =>
        [{}, odd].map((each) => ({ status: 200, headers: each, body: toAnswer(record) })),
      );
      return fc
        .tuple(fc.array(listing, { minLength: 2, maxLength: 6 }), twins)
        .map(([listings, twin]) => [...listings, ...twin]);
    });

  test('a list is read alike, and keeps the badges that did not change', async () => {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const baseUrl = { RETURNING_AI_BASE_URL: url, TAG_MANGO_BASE_URL: url };
    const createClient = () =>
      provider.createClient(
        { ...baseUrl, ...SETTINGS[provider.key] },
        { isImageUrl: isHttpsUrl, http: plainHttpDeps },
      );
    let [same, changed] = [0, 0];
    const property = fc.asyncProperty(answers, async (sequence) => {
      // A client of its own for each: an answer may say that the rate limit is reached.
      const [client, other] = [createClient(), createClient()];
      let last: BadgeList | undefined;
      for (const answer of sequence) {
        listed = answer;
        const expected = await read(other);
        const result = await read(client, last);
        expect(result).toEqual(expected);
        if (!('list' in result)) continue;
        if (result.list === last) same += 1;
        else changed += 1;
        expect(isDeepStrictEqual(result.list, last)).toBe(result.list === last);
        const known = new Map(last?.badges.map((badge) => [badge.id, badge]));
        for (const badge of result.list.badges) {
          const former = known.get(badge.id);
          const isSame = isDeepStrictEqual(former?.record, badge.record);
          expect(former === badge).toBe(isSame);
        }
        last = result.list;
      }
      await Promise.all([client.close(), other.close()]);
    });
    await fc.assert(property, { numRuns: Math.ceil(numRuns / 10) });
    expect(Math.min(same, changed)).toBeGreaterThan(numRuns / 50);
  });

  test('a long list is read anew where any one of its characters differs', async () => {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const client = provider.createClient(
      { RETURNING_AI_BASE_URL: url, TAG_MANGO_BASE_URL: url, ...SETTINGS[provider.key] },
      { isImageUrl: isHttpsUrl, http: plainHttpDeps },
    );
    const id = '6657092c8142bfe0656481bf';
    const long = 'x'.repeat(2.5 * MB);
    const shownAs = (text: string) => ({ [TEXTS[provider.key] ?? '']: text });
    const record = JSON.stringify({ id, _id: id, name: 'x', title: 'x', ...shownAs(long) });
    const text = toAnswer(record);
    listed = { status: 200, headers: {}, body: text };
    const first = await read(client);
    const last = 'list' in first ? first.list : undefined;
    const start = text.lastIndexOf(long);
    for (const at of [MB - 1, MB, MB + 1, 2 * MB - 1, 2 * MB, start + long.length - 1]) {
      listed = { ...listed, body: text };
      expect(await read(client, last)).toEqual({ list: last });
      listed = { ...listed, body: `${text.slice(0, at)}y${text.slice(at + 1)}` };
      const changed = await read(client, last);
      expect('list' in changed && changed.list !== last).toBe(true);
    }
    await client.close();
  });
});
