import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { composeSupergraph, fetchSubgraph } from '../../examples/supergraph/compose.ts';
import { BadgeHistoryDocument, TagMangoMemberDocument } from '../generated/operations.ts';
import {
  type GatewayName,
  type RunningGateway,
  startGatewayProcess,
} from '../support/gateways/index.ts';
import {
  ADA,
  type Asked,
  HALL_OF_FAME,
  MAJOR,
  QUIZ_MASTER,
  STORED,
  award,
  create,
  operationCases,
  remove,
  resetStandIns,
  revoke,
  writesTo,
} from '../support/operation-cases.ts';
import { type TestService, execute, startTestService } from '../support/service.ts';
import { createRenewableStore } from '../support/switchable-store.ts';

const names: GatewayName[] = ['hive', 'apollo'];

describe.each(names)('through the %s gateway', (name) => {
  const renewable = createRenewableStore();
  let service: TestService;
  let gateway: RunningGateway;

  beforeAll(async () => {
    service = await startTestService({ sandbox: STORED, store: renewable.store });
    const subgraph = await fetchSubgraph('badges', `${service.url}/graphql`);
    gateway = await startGatewayProcess(name, composeSupergraph([subgraph]));
  });
  afterAll(async () => {
    await gateway.close();
    await service.close();
    await renewable.close();
  });
  beforeEach(async () => {
    resetStandIns(service.sandbox);
    await renewable.renew();
  });

  const run = ({ document, variables }: Asked, args: object = {}) =>
    execute<Record<string, object>, object>(gateway.url, document, { ...variables, ...args });

  test.each(operationCases)('$what', async ({ asked, at, request, payload, reads }) => {
    const { data, errors, status } = await run(asked);

    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data).toEqual({ [asked.field]: payload });
    expect(
      writesTo(service.sandbox).map(({ method, path, body }) => ({ method, path, body })),
    ).toEqual([request]);
    expect(service.sandbox[at].requests.map(({ operation }) => operation)).toEqual([
      ...reads,
      asked.operation,
    ]);
  });

  test.each(operationCases)('a dry run of $what writes nothing', async ({ asked }) => {
    const { data } = await run(asked, { dryRun: true });
    expect(data[asked.field]).toMatchObject({ userErrors: [] });
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  const user = { id: ADA.returningAI };
  test.each<{ what: string; asked: Asked; code: string; path: string[] }>([
    {
      what: 'a fraction of a quantity of a new badge',
      asked: create({ returningAI: { title: 'x', quantity: 1.5 } }),
      code: 'INVALID_INPUT',
      path: ['returningAI', 'quantity'],
    },
    {
      what: 'a badge to delete that is not there',
      asked: remove({ returningAI: { id: 'gone' } }),
      code: 'NOT_FOUND',
      path: ['returningAI', 'id'],
    },
    {
      what: 'the e-mail of nobody, three levels deep',
      asked: award({ returningAI: { badgeId: MAJOR, user: { email: 'no@example.com' } } }),
      code: 'NOT_FOUND',
      path: ['returningAI', 'user', 'email'],
    },
    {
      what: 'a badge to take away that is not there',
      asked: revoke({ returningAI: { badgeId: 'gone', user } }),
      code: 'NOT_FOUND',
      path: ['returningAI', 'badgeId'],
    },
    {
      what: 'a badge given twice',
      asked: award({ tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER, QUIZ_MASTER] } }),
      code: 'INVALID_INPUT',
      path: ['tagMango', 'badgeIds'],
    },
  ])('$what is refused at its field, and nothing is written', async ({ asked, code, path }) => {
    const { data, errors } = await run(asked);
    expect(errors).toBeUndefined();
    expect(data[asked.field]).toMatchObject({
      userErrors: [{ __typename: 'BadgeInputError', code, fields: [['input', ...path]] }],
    });
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test.each([
    ['both the id and the e-mail', { ...user, email: ADA.email }],
    ['neither the id nor the e-mail', {}],
  ])('%s of a member are not let through', async (_what, wrongUser) => {
    const { document } = award({ returningAI: { badgeId: MAJOR, user } });
    const input = { returningAI: { badgeId: MAJOR, user: wrongUser } };
    const { data, errors } = await execute<unknown, object>(gateway.url, document, { input });
    expect(data ?? null).toBeNull();
    expect(JSON.stringify(errors)).toMatch(/exactly one key must be specified/i);
    expect(service.sandbox.returningAI.requests).toEqual([]);
  });

  test('a repeat with the same key writes once', async () => {
    const asked = create({ tagMango: { name: 'Once' } });
    const first = await run(asked, { idempotencyKey: `once-${name}` });
    const second = await run(asked, { idempotencyKey: `once-${name}` });
    expect(second.data).toEqual(first.data);
    expect(writesTo(service.sandbox)).toHaveLength(1);
  });

  test('a member and its badges are found by e-mail', async () => {
    await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER] } }));
    const { data, errors } = await execute(gateway.url, TagMangoMemberDocument, {
      email: ADA.email,
    });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      tagMangoMember: { id: ADA.tagMango, badges: [{ id: QUIZ_MASTER, name: 'Quiz Master' }] },
    });
  });

  test('the history of a badge shows a deletion after the badge is gone', async () => {
    await run(remove({ returningAI: { id: MAJOR } }));
    const { data } = await execute(gateway.url, BadgeHistoryDocument, {
      provider: 'RETURNING_AI',
      id: MAJOR,
      first: 1,
    });
    expect(data.badgeHistory?.edges.map(({ node }) => node)).toMatchObject([
      { operation: 'DELETE', outcome: 'APPLIED', caller: 'anonymous' },
    ]);
  });

  test('two mutations of one operation run in their order', async () => {
    const { data } = await execute<Record<string, object>, object>(
      gateway.url,
      `mutation ($first: UpdateBadgeInput!, $second: UpdateBadgeInput!) {
        first: updateBadge(input: $first) { changes { before after } }
        second: updateBadge(input: $second) { changes { before after } }
      }`,
      {
        first: { tagMango: { id: HALL_OF_FAME, name: 'First' } },
        second: { tagMango: { id: HALL_OF_FAME, name: 'Second' } },
      },
    );
    expect(data).toEqual({
      first: { changes: [{ before: 'Hall of Fame', after: 'First' }] },
      second: { changes: [{ before: 'First', after: 'Second' }] },
    });
  });
});
