import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { manyBadges } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on BadgeFields { id name }
  }
}`;

interface Entities {
  _entities: ({ __typename: string; id: string; name: string } | null)[];
}
type Representation = Record<string, unknown>;

let service: TestService;
beforeEach(async () => {
  service = await startTestService({ sandbox: manyBadges(250) });
});
afterEach(() => service.close());

const entities = (representations: unknown[]) =>
  service.execute<Entities, object>(ENTITIES, { representations });

/** Shuffled, so that neither the list's order nor a grouping by type gives the right answer by chance. */
function mixedRepresentations(): Representation[] {
  const { returningAI, tagMango } = manyBadges(250);
  const all = [
    ...returningAI.badges.map(({ id }) => ({ __typename: 'ReturningAIBadge', id })),
    ...tagMango.badges.map(({ _id: id }) => ({ __typename: 'TagMangoBadge', id })),
  ];
  return all.map((_, index) => all[(index * 271) % all.length] ?? {});
}

test('500 mixed representations cost one call per provider, and come back in their order and type', async () => {
  const representations = mixedRepresentations();

  const { data, errors } = await entities(representations);

  expect(errors).toBeUndefined();
  expect(
    data._entities.map((entity) => ({ __typename: entity?.__typename, id: entity?.id })),
  ).toEqual(representations);
  expect(service.sandbox.returningAI.requests).toHaveLength(1);
  expect(service.sandbox.tagMango.requests).toHaveLength(1);
});

test('a list of 1,200 badges in another subgraph, which no router splits, is answered whole with all that a badge has', async () => {
  const all = await startTestService({ sandbox: manyBadges(600) });
  try {
    const { returningAI, tagMango } = manyBadges(600);
    const representations = [
      ...returningAI.badges.map(({ id }) => ({ __typename: 'ReturningAIBadge', id })),
      ...tagMango.badges.map(({ _id: id }) => ({ __typename: 'TagMangoBadge', id })),
    ];
    const { data, errors } = await all.execute<Entities, object>(
      `query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
          __typename
          ... on BadgeFields { id provider name description imageUrl version }
          ... on ReturningAIBadge { title action quantity image attachRequired awarded }
          ... on TagMangoBadge { creator createdAt updatedAt enableAutomation pointsThreshold pointCategoryForAutomation automationEnabledMangoes }
        }
      }`,
      { representations },
    );
    expect(errors).toBeUndefined();
    expect(data._entities.map((entity) => entity?.id)).toEqual(representations.map(({ id }) => id));
    expect(all.sandbox.tagMango.requests).toHaveLength(1);
  } finally {
    await all.close();
  }
});

test('a list that is too long is refused with what its subgraph should do', async () => {
  const representations = Array.from({ length: 3_001 }, () => ({ __typename: 'X' }));
  const { status, errors } = await entities(representations);
  expect([status, errors]).toEqual([
    400,
    [
      expect.objectContaining({
        message:
          'A request must have at most 3,000 representations, but this one has 3,001. The subgraph whose list refers to these badges should paginate it.',
        extensions: { code: 'LIMIT_EXCEEDED', requestId: expect.any(String) },
      }),
    ],
  ]);
});

test('badges, a single badge and entities of one request share one call per provider', async () => {
  await service.execute(`{
    badges { totalCount }
    badge(provider: TAG_MANGO, id: "000000000000000000000001") { __typename }
    other: badge(provider: RETURNING_AI, id: "badge-1") { __typename }
    _entities(representations: [{ __typename: "TagMangoBadge", id: "000000000000000000000002" }]) { __typename }
  }`);

  expect(service.sandbox.returningAI.requests).toHaveLength(1);
  expect(service.sandbox.tagMango.requests).toHaveLength(1);
});

test('200 concurrent cold queries cost one call per provider', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => service.execute('{ badges { totalCount } }')),
  );

  expect(answers.map(({ data }) => data)).toEqual(
    answers.map(() => ({ badges: { totalCount: 500 } })),
  );
  expect(service.sandbox.returningAI.requests).toHaveLength(1);
  expect(service.sandbox.tagMango.requests).toHaveLength(1);
});

describe('a representation', () => {
  const good = { __typename: 'TagMangoBadge', id: '000000000000000000000001' };
  const found = { __typename: 'TagMangoBadge', id: good.id, name: 'Badge 1' };

  test('with an unknown id gives null without an error', async () => {
    const { data, errors } = await entities([{ ...good, id: 'f'.repeat(24) }, good]);
    expect([data._entities, errors]).toEqual([[null, found], undefined]);
  });

  const NO_SUCH_ID = 'TagMango cannot have a badge with this ID:';
  const NO_ID = 'A representation must have its "id" as a string.';
  const NO_ENTITY =
    'A representation must have a "__typename" that is an entity type of this subgraph.';

  test.each<[string, Representation, string]>([
    ['a malformed id', { __typename: 'TagMangoBadge', id: '../assign' }, NO_SUCH_ID],
    ['an id of the other provider', { __typename: 'TagMangoBadge', id: 'badge-1' }, NO_SUCH_ID],
    ['an id that is no string', { __typename: 'TagMangoBadge', id: 1 }, NO_ID],
    ['an object for an id', { __typename: 'TagMangoBadge', id: { toString: 'x' } }, NO_ID],
    ['no id', { __typename: 'TagMangoBadge' }, NO_ID],
    ['an unknown typename', { __typename: 'Product', id: '1' }, NO_ENTITY],
    ['a typename of this schema that is no entity', { __typename: 'PageInfo', id: '1' }, NO_ENTITY],
    ['a typename from the prototype', { __typename: 'constructor', id: '1' }, NO_ENTITY],
    ['no typename', { id: good.id }, NO_ENTITY],
  ])('with %s is null with an error, and costs the others nothing', async (_name, bad, message) => {
    const { data, errors } = await entities([good, bad, good]);

    expect(data._entities).toEqual([found, null, found]);
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(message),
        path: ['_entities', 1],
        extensions: { code: 'INVALID_INPUT', requestId: expect.any(String) },
      }),
    ]);
  });

  test('that claims more than its key is not believed', async () => {
    const spoofed = { ...good, name: 'Hacked', version: 'x', provider: 'RETURNING_AI', record: {} };
    const { data } = await entities([spoofed]);
    expect(data._entities).toEqual([found]);
  });
});
