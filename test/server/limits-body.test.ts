import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { createByteBudget } from '../../src/server/answers/answer-budget.ts';
import { addErrorHandlers } from '../../src/server/errors.ts';
import { countSigns, createFairQueue, readJsonInTurns } from '../../src/server/request.ts';

test.each([
  ['{}', 1],
  ['[1, 2, [3], {"a": "b"}]', 6],
  ['"[,{"', 0],
  [String.raw`{"a": "\"[,\\"}`, 1],
  [String.raw`["\\", "\\\"", "[]"]`, 3],
])('%s has %d commas and opening brackets', (json, signs) => {
  expect(countSigns(json, 100)).toBe(signs);
  expect(() => void JSON.parse(json)).not.toThrow();
});

test('counting stops beyond the most', () => {
  expect(countSigns('['.repeat(1_000), 10)).toBe(11);
});

function createApp() {
  const app = fastify({ bodyLimit: 1_000_000 });
  const bodies = createByteBudget(10_000_000);
  readJsonInTurns(app, { queue: createFairQueue(), bodies, tenantOf: () => '' });
  addErrorHandlers(app, undefined);
  app.post('/', async ({ body }) => ({ keys: Object.keys(body as object) }));
  const send = async (payload: string | Readable) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      payload,
    });
    return answer.json<unknown>();
  };
  return { app, send };
}

test('a body may have 12,000 commas and brackets, and not one more; its texts as many as there is room for', async () => {
  const { app, send } = createApp();
  const list = (items: number) => `{"x":[${'1,'.repeat(items - 1)}1]}`;
  expect(await send(list(11_999))).toEqual({ keys: ['x'] });
  expect(await send(list(12_000))).toMatchObject({
    errors: [
      {
        message: 'The JSON of a request must have at most 12,000 commas and brackets.',
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ],
  });
  expect(await send(`{"query":"${'{,'.repeat(100_000)}"}`)).toEqual({ keys: ['query'] });
  await app.close();
});

test('a body may arrive in 10,000 pieces, and not in one more, however short they are', async () => {
  const { app, send } = createApp();
  const inPieces = (pieces: number) =>
    Readable.from([...'{"x":[1]}', ...Array.from({ length: pieces - 9 }, () => ' ')], {
      objectMode: false,
    });
  expect(await send(inPieces(10_000))).toEqual({ keys: ['x'] });
  expect(await send(inPieces(10_001))).toMatchObject({
    errors: [
      {
        message: 'A request must arrive in at most 10,000 pieces.',
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ],
  });
  await app.close();
});

test.each(['', '{', '{"__proto__": {}}', '{"a": {"constructor": {"prototype": 1}}}'])(
  'what is no JSON, or would change the prototype of objects, is refused: %s',
  async (payload) => {
    const { app, send } = createApp();
    expect(await send(payload)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_REQUEST' } }],
    });
    await app.close();
  },
);
