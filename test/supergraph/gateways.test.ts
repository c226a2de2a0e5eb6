import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { composeSupergraph, fetchSubgraph } from '../../examples/supergraph/compose.ts';
import { startMembers } from '../../examples/supergraph/members.ts';
import type { RecordedRequest } from '../../src/sandbox/stand-in.ts';
import {
  type GatewayName,
  type RunningGateway,
  startGatewayProcess,
} from '../support/gateways/index.ts';
import { type TestService, execute, startTestService } from '../support/service.ts';

const RECRUITER = '40c96ea3-7d8f-4b50-89ea-1d2f3a4b5c05';
const WORKSHOP_REGULAR = '6657092c8142bfe0656481c4';
const QUIZ_MASTER = '6657092c8142bfe0656481c5';
const NO_BADGE = '6657092c8142bfe0656481cf';

const UPDATE = `mutation Update($input: UpdateBadgeInput!) {
  updateBadge(input: $input) {
    badge { __typename ... on BadgeFields { id name } }
    changes { field before after }
    userErrors { __typename code fields }
  }
}`;

/** What a provider received that changes something. */
const toWrites = (requests: readonly RecordedRequest[]) =>
  requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => ({ method, path, body }));

interface GatewayCase {
  name: GatewayName;
  title: string;
  /** Its answer when the one-of input is not one: it refuses by itself, or passes the subgraph's refusal on. */
  notOneOf: object;
  /** Its answer's errors when a badge of a reference is gone. */
  goneBadgeErrors: unknown;
}

const message = expect.stringMatching(/exactly one key must be specified/i) as unknown;
const cases: GatewayCase[] = [
  {
    name: 'hive',
    title: 'Hive Gateway, which enforces @oneOf itself,',
    notOneOf: { status: 400, data: undefined, errors: [{ message }] },
    goneBadgeErrors: [
      {
        message: 'Unexpected error.',
        path: ['member', 'badges', 1, 'name'],
        locations: expect.anything() as unknown,
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ],
  },
  {
    name: 'apollo',
    title: "Apollo's gateway, which leaves @oneOf to the subgraph,",
    notOneOf: {
      status: 200,
      data: null,
      errors: [
        {
          message: '400: Bad Request',
          extensions: {
            response: {
              status: 400,
              body: { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] },
            },
          },
        },
      ],
    },
    goneBadgeErrors: undefined,
  },
];

describe.each(cases)('$title', ({ name, notOneOf, goneBadgeErrors }) => {
  let service: TestService;
  let members: Awaited<ReturnType<typeof startMembers>>;
  let gateway: RunningGateway;

  beforeAll(async () => {
    // Every request reads the providers anew: faults show at once.
    service = await startTestService({ freshSeconds: 0 });
    members = await startMembers({ port: 0 });
    const supergraphSdl = composeSupergraph([
      await fetchSubgraph('badges', `${service.url}/graphql`),
      await fetchSubgraph('members', members.url),
    ]);
    gateway = await startGatewayProcess(name, supergraphSdl);
  });
  afterAll(async () => {
    await gateway.close();
    await members.close();
    await service.close();
  });

  beforeEach(() => {
    service.sandbox.returningAI.requests.length = 0;
    service.sandbox.tagMango.requests.length = 0;
  });
  afterEach(() => {
    service.sandbox.returningAI.faults.clear();
    service.sandbox.tagMango.faults.clear();
  });

  const writes = () => ({
    returningAI: toWrites(service.sandbox.returningAI.requests),
    tagMango: toWrites(service.sandbox.tagMango.requests),
  });

  test('shows the badges of both providers in one list, with one fragment for what they share', async () => {
    const answer = await execute(
      gateway.url,
      `query Badges($filter: BadgeFilter) {
        badges(first: 3, filter: $filter) {
          totalCount
          nodes {
            __typename
            ... on BadgeFields { id provider name }
            ... on ReturningAIBadge { title quantity }
            ... on TagMangoBadge { pointsThreshold }
          }
        }
      }`,
      { filter: { textContains: 'h' } },
    );

    expect(answer).toMatchObject({ status: 200, errors: undefined });
    expect(answer.data).toEqual({
      badges: {
        totalCount: 14,
        nodes: [
          {
            __typename: 'TagMangoBadge',
            id: '6657092c8142bfe0656481c0',
            provider: 'TAG_MANGO',
            name: 'Century Club',
            pointsThreshold: 100,
          },
          {
            __typename: 'ReturningAIBadge',
            id: '3f8b5d92-6c7e-4a4f-b8d9-0c1e2f3a4b04',
            provider: 'RETURNING_AI',
            name: 'Chart Analyst',
            title: 'Chart Analyst',
            quantity: 10,
          },
          {
            __typename: 'ReturningAIBadge',
            id: '2e7a4c81-5b6d-4f3e-a7c8-9b0d1e2f3a03',
            provider: 'RETURNING_AI',
            name: 'Community Champion',
            title: 'Community Champion',
            quantity: 0,
          },
        ],
      },
    });
  });

  test("finds the badges of another subgraph's members by their keys: both types, in their order, one read of each provider", async () => {
    const answer = await execute(
      gateway.url,
      `{ members { name badges { __typename ... on BadgeFields { name } ... on TagMangoBadge { pointsThreshold } } } }`,
    );

    expect(answer).toMatchObject({ status: 200, errors: undefined });
    expect(answer.data).toEqual({
      members: [
        {
          name: 'Ada',
          badges: [
            { __typename: 'TagMangoBadge', name: 'Hall of Fame', pointsThreshold: null },
            { __typename: 'ReturningAIBadge', name: 'Major' },
            { __typename: 'TagMangoBadge', name: 'Century Club', pointsThreshold: 100 },
            { __typename: 'ReturningAIBadge', name: 'First Message' },
          ],
        },
        {
          name: 'Grace',
          badges: [
            { __typename: 'ReturningAIBadge', name: 'Chart Analyst' },
            { __typename: 'TagMangoBadge', name: 'Quiz Master', pointsThreshold: null },
          ],
        },
        { name: 'Linus', badges: [] },
      ],
    });
    const { returningAI, tagMango } = service.sandbox;
    expect(returningAI.requests.map(({ operation }) => operation)).toEqual(['listBadges']);
    expect(tagMango.requests.map(({ operation }) => operation)).toEqual(['listBadges']);
  });

  test('shows null in the place of a badge that is gone, and the other badges of the member', async () => {
    const { badges } = service.sandbox.tagMango;
    const quizMaster = badges.get(QUIZ_MASTER);
    badges.delete(QUIZ_MASTER);
    try {
      const { data, errors } = await execute(
        gateway.url,
        `{ member(id: "grace") { badges { ... on BadgeFields { name } } } }`,
      );
      expect(data).toEqual({ member: { badges: [{ name: 'Chart Analyst' }, null] } });
      expect(errors).toEqual(goneBadgeErrors);
    } finally {
      if (quizMaster) badges.set(QUIZ_MASTER, quizMaster);
    }
  });

  test('renames a TagMango badge with one PATCH of that field alone', async () => {
    const input = { tagMango: { id: WORKSHOP_REGULAR, name: 'Workshop Veteran' } };
    const answer = await execute(gateway.url, UPDATE, { input });

    expect(answer).toMatchObject({ status: 200, errors: undefined });
    expect(answer.data).toEqual({
      updateBadge: {
        badge: { __typename: 'TagMangoBadge', id: WORKSHOP_REGULAR, name: 'Workshop Veteran' },
        changes: [{ field: 'name', before: 'Workshop Regular', after: 'Workshop Veteran' }],
        userErrors: [],
      },
    });
    expect(writes()).toEqual({
      returningAI: [],
      tagMango: [
        {
          method: 'PATCH',
          path: `/api/v1/external/gamification/badges/${WORKSHOP_REGULAR}`,
          body: { name: 'Workshop Veteran' },
        },
      ],
    });
  });

  test('updates all thirteen fields of a Returning.AI badge with one PUT', async () => {
    const values = {
      title: 'Head Hunter',
      action: 'friendReferred',
      quantity: 7,
      image: 'https://cdn.example.com/hunter.png',
      description: 'Seven friends joined by invitation.',
      darkImage: 'https://cdn.example.com/hunter-dark.png',
      lightImage: '',
      enabledDarkAndLight: true,
      award: false,
      awardCurrency: true,
      awardXpQuantity: 0,
      awardCurrencyQuantity: 150,
      attachRequired: true,
    };
    const input = { returningAI: { id: RECRUITER, ...values } };
    const answer = await execute(gateway.url, UPDATE, { input });

    expect(answer).toMatchObject({
      status: 200,
      errors: undefined,
      data: {
        updateBadge: {
          badge: { __typename: 'ReturningAIBadge', id: RECRUITER, name: 'Head Hunter' },
          userErrors: [],
        },
      },
    });
    expect(writes()).toEqual({
      returningAI: [{ method: 'PUT', path: `/badges/${RECRUITER}`, body: values }],
      tagMango: [],
    });
  });

  test.each([
    {
      what: 'a blank name',
      input: { tagMango: { id: WORKSHOP_REGULAR, name: ' ' } },
      userError: { code: 'INVALID_INPUT', fields: [['input', 'tagMango', 'name']] },
    },
    {
      what: 'a fraction of a quantity',
      input: { returningAI: { id: RECRUITER, quantity: 1.5, hiddenFields: 'OMIT' } },
      userError: { code: 'INVALID_INPUT', fields: [['input', 'returningAI', 'quantity']] },
    },
    {
      what: 'an id that no badge has',
      input: { tagMango: { id: NO_BADGE, name: 'Nobody' } },
      userError: { code: 'NOT_FOUND', fields: [['input', 'tagMango', 'id']] },
    },
  ])('refuses $what at the exact input field, and writes nothing', async ({ input, userError }) => {
    const answer = await execute(gateway.url, UPDATE, { input });

    expect(answer).toMatchObject({ status: 200, errors: undefined });
    expect(answer.data).toEqual({
      updateBadge: {
        badge: null,
        changes: [],
        userErrors: [{ __typename: 'BadgeInputError', ...userError }],
      },
    });
    expect(writes()).toEqual({ returningAI: [], tagMango: [] });
  });

  test.each([
    {
      what: 'both providers',
      input: {
        tagMango: { id: WORKSHOP_REGULAR, name: 'Two' },
        returningAI: { id: RECRUITER, title: 'Two', hiddenFields: 'OMIT' },
      },
    },
    { what: 'no provider', input: {} },
  ])('does not let an update of $what through, and writes nothing', async ({ input }) => {
    expect(await execute(gateway.url, UPDATE, { input })).toMatchObject(notOneOf);
    expect(writes()).toEqual({ returningAI: [], tagMango: [] });
  });

  test('passes variables on as they are: absent stays absent, null clears, a value is set', async () => {
    const update = (variables: object) =>
      execute(
        gateway.url,
        `mutation Describe($name: String!, $description: String, $points: Float) {
          updateBadge(input: { tagMango: {
            id: "6657092c8142bfe0656481c6", name: $name, description: $description, pointsThreshold: $points
          } }) { userErrors { code fields } }
        }`,
        variables,
      );
    await update({ name: 'Absent' });
    await update({ name: 'Null', description: null, points: null });
    await update({ name: 'Value', description: 'By hand', points: 2.5 });

    expect(writes().tagMango.map(({ body }) => body)).toEqual([
      { name: 'Absent' },
      { name: 'Null', description: '', pointsThreshold: null },
      { name: 'Value', description: 'By hand', pointsThreshold: 2.5 },
    ]);
  });

  describe('while TagMango is down', () => {
    beforeEach(() => service.sandbox.tagMango.faults.set('*', { kind: 'answer', status: 503 }));

    const unavailable = {
      message: 'TagMango returned the error status 503.',
      extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'TAG_MANGO', retryable: true },
    };

    test("gives the other provider's badges, a row that says why, and an error with its code", async () => {
      const { data, errors } = await execute(
        gateway.url,
        `{ badges(first: 2) { totalCount sources { provider state code } nodes { ... on BadgeFields { name } } } }`,
      );

      expect(data).toEqual({
        badges: {
          totalCount: null,
          sources: [
            { provider: 'RETURNING_AI', state: 'FRESH', code: null },
            { provider: 'TAG_MANGO', state: 'FAILED', code: 'PROVIDER_UNAVAILABLE' },
          ],
          nodes: [{ name: 'Chart Analyst' }, { name: 'Community Champion' }],
        },
      });
      expect(errors).toMatchObject([{ ...unavailable, path: ['badges'] }]);
    });

    test("gives members their other badges, null in the place of TagMango's, and an error with its code", async () => {
      const { data, errors } = await execute(
        gateway.url,
        `{ member(id: "grace") { name badges { ... on BadgeFields { name } } } }`,
      );

      expect(data).toEqual({
        member: { name: 'Grace', badges: [{ name: 'Chart Analyst' }, null] },
      });
      expect(errors).toMatchObject([unavailable]);
    });

    test('refuses an update that needs a read as something to repeat, and writes nothing', async () => {
      const { data } = await execute(
        gateway.url,
        `mutation Update($input: UpdateBadgeInput!, $expectedVersion: String) {
          updateBadge(input: $input, expectedVersion: $expectedVersion) {
            userErrors { __typename code ... on BadgeProviderError { provider retryable } }
          }
        }`,
        {
          input: { tagMango: { id: WORKSHOP_REGULAR, name: 'Later' } },
          expectedVersion: 'not compared',
        },
      );

      expect(data).toEqual({
        updateBadge: {
          userErrors: [
            {
              __typename: 'BadgeProviderError',
              code: 'PROVIDER_UNAVAILABLE',
              provider: 'TAG_MANGO',
              retryable: true,
            },
          ],
        },
      });
      expect(writes()).toEqual({ returningAI: [], tagMango: [] });
    });
  });
});
