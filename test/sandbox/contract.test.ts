import { expect, test } from '@jest/globals';
import {
  type Exchange,
  type ExchangeAnswer,
  type ExchangeRequest,
  readContract,
} from '../support/contract.ts';

/** The other tests trust the check of an exchange to fail. Here it has to. */
const returningAI = readContract(
  new URL('../../src/providers/returning-ai/contract.yaml', import.meta.url),
);
const tagMango = readContract(
  new URL('../../src/providers/tag-mango/contract.yaml', import.meta.url),
);

const META = { success: true, message: 'Done', devMessage: 'Done' };
const BADGE = {
  id: '84845081-98fd-46f3-96aa-1032174e58a5',
  title: 'Major',
  action: 'custom',
  quantity: '3',
  description: '',
  attachRequired: 'true',
  awarded: 'false',
  image: '',
};
const UPDATE: Exchange = {
  request: {
    operation: 'updateBadge',
    method: 'PUT',
    path: `/badges/${BADGE.id}`,
    headers: { 'x-api-key': 'key', 'content-type': 'application/json' },
    body: { title: 'Major', action: 'custom' },
  },
  answer: { status: 200, contentType: 'application/json', body: { meta: META, body: BADGE } },
};

function withRequest(request: Partial<ExchangeRequest>): Exchange {
  return { ...UPDATE, request: { ...UPDATE.request, ...request } };
}

function withAnswer(answer: Partial<ExchangeAnswer>): Exchange {
  return { ...UPDATE, answer: { ...UPDATE.answer, ...answer } };
}

function withBadge(badge: object): Exchange {
  return withAnswer({ body: { meta: META, body: badge } });
}

const { image: _, ...BADGE_WITHOUT_IMAGE } = BADGE;

test('an exchange that keeps the contract has no problems', () => {
  expect(returningAI.problemsOf(UPDATE)).toEqual([]);
});

test.each<[string, Exchange, string[]]>([
  [
    'an operation that the contract does not know',
    withRequest({ operation: 'readBadge' }),
    ['operation readBadge is not in the contract'],
  ],
  [
    'the method of another operation',
    withRequest({ method: 'DELETE' }),
    [`DELETE /badges/${BADGE.id} is not updateBadge`],
  ],
  [
    'the path of another operation',
    withRequest({ path: `/badges/${BADGE.id}/award` }),
    [`PUT /badges/${BADGE.id}/award is not updateBadge`],
  ],
  [
    'a prefix that no server has',
    withRequest({ path: `/v9/badges/${BADGE.id}` }),
    [`PUT /v9/badges/${BADGE.id} is not updateBadge`],
  ],
  [
    'no key',
    withRequest({ headers: { 'content-type': 'application/json' } }),
    ['request lacks the credentials that the contract wants'],
  ],
  [
    'a query',
    withRequest({ path: `/badges/${BADGE.id}?draft=1` }),
    ['query parameter draft is not in the contract'],
  ],
  ['no request body', withRequest({ body: undefined }), ['request lacks a body']],
  [
    'a request body of another type',
    withRequest({ headers: { 'x-api-key': 'key', 'content-type': 'text/plain' } }),
    ['request body has the content type text/plain'],
  ],
  [
    'a wrong type in the request',
    withRequest({ body: { title: 'Major', action: 'custom', quantity: '3' } }),
    ['request body/quantity must be integer'],
  ],
  [
    'a missing and an unknown field in the request',
    withRequest({ body: { title: 'Major', colour: 'red' } }),
    [
      "request body must have required property 'action'",
      'request body must NOT have additional properties',
    ],
  ],
  [
    'a status that is not listed',
    withAnswer({ status: 201 }),
    ['status 201 is not in the contract'],
  ],
  [
    'an answer that is not JSON',
    withAnswer({ contentType: 'text/html', body: '<html>' }),
    ['answer has the content type text/html'],
  ],
  [
    'an answer without its envelope',
    withAnswer({ body: BADGE }),
    ["answer must have required property 'meta'", "answer must have required property 'body'"],
  ],
  [
    'a number where the answer has a string',
    withBadge({ ...BADGE, quantity: 3 }),
    ['answer/body/quantity must be string'],
  ],
  [
    'a field that the answer lacks',
    withBadge(BADGE_WITHOUT_IMAGE),
    ["answer/body must have required property 'image'"],
  ],
  [
    'a field that no answer shows',
    withBadge({ ...BADGE, award: 'true' }),
    ['answer/body must NOT have additional properties'],
  ],
  [
    'a success that says it is none',
    withAnswer({ body: { meta: { ...META, success: false }, body: BADGE } }),
    ['answer/meta/success must be equal to constant'],
  ],
])('%s is a problem', (_case, made, problems) => {
  expect(returningAI.problemsOf(made)).toEqual(problems);
});

test('a refused request may break the contract, and its answer may not', () => {
  const request = { ...UPDATE.request, headers: {}, body: {} };
  const answer = { status: 401, contentType: 'application/json', body: { error: 'no' } };

  expect(returningAI.problemsOf({ request, answer })).toEqual([
    "answer must have required property 'meta'",
    'answer must NOT have additional properties',
  ]);
});

const HEADERS = { authorization: 'Bearer key', 'x-whitelabel-host': 'creator.example' };
const LOOKUP: ExchangeRequest = {
  operation: 'lookupUser',
  method: 'GET',
  path: '/api/v1/external/users/lookup?phone=919900112233',
  headers: HEADERS,
};
const none = { lifetime: 0, month: 0, week: 0 };
const USER = {
  _id: '6650aa11bb22cc33dd44ee55',
  score: none,
  leaderboardRank: none,
  badges: [],
  hasGamificationAccess: true,
};

test.each<[string, Partial<ExchangeRequest>, string[]]>([
  [
    'no host',
    { headers: { authorization: 'Bearer key' } },
    ['request lacks the header parameter x-whitelabel-host'],
  ],
  [
    'a key without its scheme',
    { headers: { ...HEADERS, authorization: 'key' } },
    ['request lacks the credentials that the contract wants'],
  ],
  [
    'an offset that is no number',
    { headers: { ...HEADERS, 'x-timezone-offset': 'IST' } },
    ['header parameter x-timezone-offset must be integer'],
  ],
  [
    'a telephone number that is none',
    { path: LOOKUP.path.replace('919900112233', 'home') },
    ['query parameter phone must be number'],
  ],
])('a look-up with %s has a problem', (_case, wrong, problems) => {
  const answer = { status: 200, contentType: 'application/json', body: USER };

  expect(tagMango.problemsOf({ request: { ...LOOKUP, ...wrong }, answer })).toEqual(problems);
});

test('a badge id in a path must look like one', () => {
  const request = {
    operation: 'assignBadges',
    method: 'PATCH',
    path: '/api/v1/external/gamification/badges/ada/assign',
    headers: { ...HEADERS, 'content-type': 'application/json' },
    body: { badges: [USER._id] },
  };
  const body = { message: 'Done', success: true };

  expect(
    tagMango.problemsOf({
      request,
      answer: { status: 200, contentType: 'application/json', body },
    }),
  ).toEqual(['path parameter userId must match pattern "^[0-9a-fA-F]{24}$"']);
});

const SUCCESS = { message: 'Done', success: true };
const CODE = { code: 200, statusMessage: 'OK' };

function lookUpProblems(body: object): string[] {
  const answer = { status: 200, contentType: 'application/json', body };
  return tagMango.problemsOf({ request: LOOKUP, answer });
}

test.each<[string, object]>([
  ['bare', USER],
  ['in result', { ...SUCCESS, ...CODE, result: USER }],
  ['in data', { ...SUCCESS, data: USER }],
])('an answer with the user %s keeps the contract', (_case, body) => {
  expect(lookUpProblems(body)).toEqual([]);
});

test.each<[string, object]>([
  ['in both result and data', { ...SUCCESS, ...CODE, result: USER, data: USER }],
  ['nowhere', { ...SUCCESS, ...CODE }],
  ['in result, without a code', { ...SUCCESS, result: USER, statusMessage: 'OK' }],
  ['in an envelope that says it failed', { message: 'No', success: false, data: USER }],
  ['whose score is a number', { ...USER, score: 12 }],
  ['whose badges are ids', { ...SUCCESS, data: { ...USER, badges: [USER._id] } }],
])('an answer with a user %s does not', (_case, body) => {
  expect(lookUpProblems(body)).not.toEqual([]);
});
