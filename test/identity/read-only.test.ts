import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { STORED, operationCases, resetStandIns } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { ask, callsTo, toAnswer } from './ask.ts';

let service: TestService;
let url: string;
beforeAll(async () => {
  service = await startTestService({ sandbox: STORED, hasMutations: false, freshSeconds: 0 });
  url = `${service.url}/graphql`;
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

const toForbiddenAnswer = (field: string) =>
  toAnswer({
    data: null,
    errors: [
      {
        message: 'This replica is read-only. Send mutations to another replica.',
        locations: [expect.anything()],
        path: [field],
        extensions: { code: 'FORBIDDEN', requestId: 'asked-1' },
      },
    ],
  });

describe('a replica that only reads', () => {
  test.each(operationCases)('refuses $what, and its dry run', async ({ asked }) => {
    const query = print(asked.document);
    for (const args of [{}, { dryRun: true }, { idempotencyKey: 'key-1' }]) {
      const variables = { ...asked.variables, ...args };
      expect(await ask(url, { query, variables })).toEqual(toForbiddenAnswer(asked.field));
    }
    expect(callsTo(service)).toEqual([]);
  });

  test('answers queries', async () => {
    expect(await ask(url, {})).toEqual(toAnswer({ data: { badges: { totalCount: 3 } } }));
    expect(callsTo(service)).toHaveLength(2);
  });

  test('tells the whole schema, so that it composes like the others', async () => {
    const { body } = await ask(url, { query: '{ _service { sdl } }' });
    expect(body).toEqual({
      data: { _service: { sdl: expect.stringContaining('type Mutation {') as unknown } },
    });
  });

  test('still refuses for its scope a token that may not write', async () => {
    const key = await createSigningKey('key-1');
    const issuer = await startIssuer([key]);
    const reading = await startTestService({ hasMutations: false, tokens: issuer.settings });
    try {
      const query = 'mutation { createBadge(input: { tagMango: { name: "New" } }) { __typename } }';
      const answers = ['badges:read', 'badges:write'].map(async (scope) => {
        const token = await createSigner(issuer)(key, { claims: { scope } });
        return ask(`${reading.url}/graphql`, { token, query });
      });
      expect(await Promise.all(answers)).toMatchObject([
        { body: { errors: [{ message: 'The token lacks the scope badges:write.' }] } },
        toForbiddenAnswer('createBadge'),
      ]);
      expect(callsTo(reading)).toEqual([]);
    } finally {
      await reading.close();
      await issuer.close();
    }
  });
});
