import { afterEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type FastifyInstance, fastify } from 'fastify';
import { toAnswerBody } from '../../src/server/apollo.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { tagMangoStored } from '../support/records.ts';
import { type TestService, execute, startTestService } from '../support/service.ts';

const CALLERS = 12;
const idOf = (number: number) => number.toString(16).padStart(24, '0');
const badges = Array.from({ length: 100 }, (_, number) => tagMangoStored({ _id: idOf(number) }));
const aliases = Array.from({ length: 45 }, (_, at) => `a${at}: name`).join(' ');
const QUERIES = [
  ['a list', `{ badges { nodes { ... on BadgeFields { ${aliases} } } } }`],
  [
    'badges by their ids',
    `{ _entities(representations: [${badges
      .map(({ _id }) => `{ __typename: "TagMangoBadge", id: "${_id}" }`)
      .join(' ')}]) { ... on TagMangoBadge { ${aliases} } } }`,
  ],
] as const;

let service: TestService | undefined;
let app: FastifyInstance | undefined;
afterEach(async () => {
  await Promise.all([service?.close(), app?.close()]);
  service = app = undefined;
});

/** How many answers with data are made into JSON in each round of the event loop in which there is one. */
async function answersByRound(work: () => Promise<unknown>): Promise<number[]> {
  const byRound = new Map<number, number>();
  let round = 0;
  let isOver = false;
  const tick = (): void => {
    round += 1;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const stringify = JSON.stringify;
  const spy = jest.spyOn(JSON, 'stringify').mockImplementation(((value: { data?: unknown }) => {
    if (value?.data) byRound.set(round, (byRound.get(round) ?? 0) + 1);
    return stringify(value);
  }) as typeof JSON.stringify);
  await work().finally(() => {
    spy.mockRestore();
    isOver = true;
  });
  return [...byRound.values()];
}

test.each(QUERIES)(
  'those who wait for the same call to a provider are answered one in a round: %s',
  async (_what, query) => {
    service = await startTestService({ sandbox: { tagMango: { badges } } });
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 500 });
    const { url } = service;

    const answered = await answersByRound(() =>
      Promise.all(Array.from({ length: CALLERS }, () => execute(`${url}/graphql`, query))),
    );
    expect(answered).toEqual(Array.from({ length: CALLERS }, () => 1));
  },
);

const unit = fc.constantFrom('a', 'é', '漢', '\u{1f3c5}', '"', '\n', '\ufeff');

test(
  'an answer that is sent in pieces has the bytes and the length of its text',
  async () => {
    let text = '';
    app = fastify();
    app.get('/', (_request, reply) => reply.send(toAnswerBody(text, reply)));
    const url = await app.listen({ port: 0 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(unit, fc.integer({ min: 1, max: 300_000 })), { maxLength: 4 }),
        async (parts) => {
          text = parts.map(([letter, times]) => letter.repeat(times)).join('');
          const answer = await fetch(url);
          const bytes = Buffer.from(await answer.arrayBuffer());
          expect(bytes.equals(Buffer.from(`${text}\n`))).toBe(true);
          expect(answer.headers.get('content-length')).toBe(String(bytes.length));
          expect(answer.headers.get('transfer-encoding')).toBeNull();
        },
      ),
      { numRuns: Math.ceil(numRuns / 5) },
    );
  },
  TIMEOUT_MS,
);
