import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { type FaultyService, TAG_MANGO, startFaultyService } from '../faults/faulty-service.ts';
import type { AnyFault } from '../faults/read-cases.ts';
import { ADA, HALL_OF_FAME, MAJOR, operationCases } from '../support/operation-cases.ts';

/** In each of the words below, and nowhere else. */
const MARK = 'xyzzy';
const WORDS = [
  `<script src="https://evil.example/${MARK}.js"></script><img src=x onerror=alert('${MARK}')>`,
  `Error: ${MARK}\n    at Server.handle (/srv/${MARK}/index.js:10:5)`,
  `mongodb://root:${MARK}@10.0.0.7:27017/badges Bearer tmk_${MARK} https://internal.example/${MARK}`,
].join('\n');

/** The provider's own error bodies with these words wherever a word can be. */
const BODIES = {
  returningAI: {
    meta: { success: false, message: WORDS, devMessage: WORDS, statusCode: WORDS, [WORDS]: WORDS },
    status: WORDS,
    message: WORDS,
    code: WORDS,
    error: { stack: WORDS },
  },
  tagMango: {
    success: false,
    code: WORDS,
    statusCode: WORDS,
    type: WORDS,
    statusMessage: WORDS,
    message: WORDS,
    errors: [{ message: WORDS, path: [WORDS], extensions: { code: WORDS, stacktrace: [WORDS] } }],
    [WORDS]: WORDS,
  },
};
type At = keyof typeof BODIES;

const HEADERS = {
  'set-cookie': `session=${MARK}`,
  'www-authenticate': `Bearer realm="${MARK}"`,
  'retry-after': `${MARK} <b>`,
  'x-request-id': MARK,
  'x-powered-by': MARK,
  date: MARK,
};
const STATUSES = [
  ...[200, 201, 206, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413],
  ...[
    415, 418, 422, 423, 425, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507, 511, 520, 599,
  ],
];

const ways = (at: At): [what: string, fault: AnyFault][] => {
  const answer = (what: string, rest: object): [string, AnyFault] => [
    what,
    { kind: 'answer', headers: { ...HEADERS, location: `https://evil.example/${MARK}` }, ...rest },
  ];
  return [
    ...STATUSES.map((status) => answer(`${status} in its own form`, { status, body: BODIES[at] })),
    ...[200, 400, 429, 500, 503].flatMap((status) => [
      answer(`${status} as a page`, { status, contentType: 'text/html', body: WORDS }),
      answer(`${status} as no JSON`, { status, body: WORDS }),
      answer(`${status} as a text of JSON`, { status, body: JSON.stringify(WORDS) }),
    ]),
    answer('200 in an odd type', { contentType: `application/json; charset=${MARK}`, body: '[]' }),
    answer('200 in an odd encoding', {
      headers: { 'content-encoding': MARK },
      body: '[]',
    }),
    answer('200 with records whose fields are words', {
      body: [
        { [WORDS]: WORDS },
        { _id: WORDS, id: WORDS, name: { [WORDS]: WORDS }, title: [WORDS] },
      ],
    }),
    answer('200 with a badge whose id is words', {
      body: { success: true, body: { id: WORDS, title: 'a' }, result: { _id: WORDS, name: 'a' } },
    }),
  ];
};

const READS: { what: string; at: At; query: string; variables: object }[] = [
  ...(
    [
      ['returningAI', 'RETURNING_AI', 'ReturningAIBadge', MAJOR],
      ['tagMango', 'TAG_MANGO', 'TagMangoBadge', HALL_OF_FAME],
    ] as const
  ).map(([at, provider, typeName, id]) => ({
    what: `all reads of badges of ${provider}`,
    at,
    query: `{
      badges { totalCount sources { provider state code retryAfterMs } }
      badge(provider: ${provider}, id: "${id}") { ... on BadgeFields { name } }
      _entities(representations: [{ __typename: "${typeName}", id: "${id}" }]) { __typename }
    }`,
    variables: {},
  })),
  {
    what: 'tagMangoMember',
    at: 'tagMango',
    query: `{ tagMangoMember(email: "${ADA.email}") { id badges { name } } }`,
    variables: {},
  },
];
const WRITES = operationCases.map(({ what, at, asked: { document, variables } }) => ({
  what,
  at,
  query: print(document),
  variables,
}));

let faulty: FaultyService;
beforeAll(async () => {
  faulty = await startFaultyService();
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

const OURS = ['code', 'provider', 'retryable', 'retryAfterMs', 'requestId'];

describe.each([...READS, ...WRITES])('$what', ({ at, query, variables }) => {
  test.each(ways(at))('answered with %s, forwards no word of it', async (_what, fault) => {
    const { faults } = faulty.service.sandbox[at];
    faults.set('*', fault);
    // Writes mostly fail at the read before; the second time only the write itself meets it.
    await expectOwnWords();
    faulty.reset();
    for (const operation of faulty.service.sandbox[at].operations) {
      if (operation !== 'listBadges') faults.set(operation, fault);
    }
    await expectOwnWords();
  });

  async function expectOwnWords(): Promise<void> {
    const {
      data,
      errors = [],
      headers,
    } = await faulty.service.execute<object, object>(query, variables);
    const shown = JSON.stringify([data, errors, [...headers]]);
    expect(shown).not.toContain(MARK);
    expect(shown).not.toMatch(/evil\.example|internal\.example|<|Bearer/);
    for (const { extensions = {} } of errors) {
      expect(OURS).toEqual(expect.arrayContaining(Object.keys(extensions)));
    }
  }
});

test('the words are there to be forwarded: the log has those about a write, and none about a read', async () => {
  faulty.standIn(TAG_MANGO).faults.set('*', { kind: 'answer', status: 500, body: WORDS });
  await faulty.service.execute('{ badges { totalCount } }');
  expect(JSON.stringify(faulty.service.log)).not.toContain(MARK);
  const body = { success: false, message: `The badge ${MARK} is not wanted` };
  faulty.standIn(TAG_MANGO).faults.set('*', { kind: 'answer', status: 422, body });
  await faulty.mutate(TAG_MANGO.create);
  expect(JSON.stringify(faulty.service.log)).toContain(MARK);
});
