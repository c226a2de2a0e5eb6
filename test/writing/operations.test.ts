import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { OneBadgeDocument, type ReturningAIUserInput } from '../generated/operations.ts';
import { alwaysClosed } from '../support/clock.ts';
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
  shownHallOfFame,
  shownMajor,
  update,
  writesTo,
  deletedMajor,
  pathsOf,
} from '../support/operation-cases.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { fieldsUnknownIn } from '../support/writing.ts';

/** A new one after every test that wrote: what was written lately counts for reads and writes that follow. */
let service: TestService;
let isNew = false;
beforeEach(async () => {
  if (isNew) return resetStandIns(service.sandbox);
  service = await startTestService({
    sandbox: STORED,
    attemptTimeoutMs: 1_000,
    http: { budget: undefined, createBreaker: () => alwaysClosed },
  });
  isNew = true;
});
afterEach(async () => {
  if (writesTo(service.sandbox).length === 0) return;
  isNew = false;
  await service.close();
});
afterAll(async () => {
  if (isNew) await service.close();
});

/** The payload as the test's expectation names its parts. */
interface Payload {
  badge?: unknown;
  awardedBadges?: unknown;
  deletedBadgeId?: unknown;
  changes: unknown;
  warnings: unknown;
  userErrors: { message: string }[];
}

async function run({ document, variables, field }: Asked, on = service): Promise<Payload> {
  const { data, errors } = await on.execute<Record<string, Payload>, object>(document, variables);
  expect(errors).toBeUndefined();
  const payload = data[field];
  if (!payload) throw new Error(`the answer has no ${field}`);
  return payload;
}

const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  returningAI: { 'x-api-key': 'sandbox-returning-ai-key' },
  tagMango: {
    authorization: `Bearer tmk_${'5a'.repeat(12)}.${'c3'.repeat(32)}`,
    'x-whitelabel-host': 'sandbox.tagmango.com',
  },
};

describe('one request is sent, as documented, and the payload is whole:', () => {
  test.each(operationCases)('$what', async ({ at, asked, request, payload, reads }) => {
    expect(await run(asked)).toEqual(payload);

    const writes = writesTo(service.sandbox);
    const { headers = {}, at: _at, ...sent } = writes[0] ?? {};
    expect(writes).toHaveLength(1);
    expect(sent).toEqual({ operation: asked.operation, ...request });
    const { host: _host, connection: _connection, 'content-length': _length, ...ours } = headers;
    expect(ours).toEqual({
      ...KEYS[at],
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
    });
    const called = [...service.sandbox.returningAI.requests, ...service.sandbox.tagMango.requests];
    expect(called.map(({ operation }) => operation)).toEqual([...reads, asked.operation]);
  });

  test('createBadge at Returning.AI with every field given', async () => {
    const { id: _id, awarded: _awarded, ...given } = STORED.returningAI.badges[0] ?? {};
    await run(create({ returningAI: { ...given, title: 'All' } }));
    expect(writesTo(service.sandbox).map(({ body }) => body)).toEqual([{ ...given, title: 'All' }]);
  });

  test('the look-up by e-mail goes to the integration API with its own key', async () => {
    await run(award({ returningAI: { badgeId: MAJOR, user: { email: ADA.email } } }));
    const [lookup] = service.sandbox.returningAI.requests;
    expect(lookup).toMatchObject({
      method: 'POST',
      path: '/apis/v1/users/info',
      headers: { authorization: 'Bearer sandbox-returning-ai-integration-key' },
      body: { idOrEmail: ADA.email },
    });
    expect(lookup?.headers).not.toHaveProperty('x-api-key');
  });

  test('both providers then hold what was given and taken away', async () => {
    await run(award({ returningAI: { badgeId: MAJOR, user: { email: ADA.email } } }));
    await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [HALL_OF_FAME] } }));
    await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER] } }));
    expect(service.sandbox.returningAI.awards.get('1102')).toEqual(new Set([MAJOR]));
    expect(service.sandbox.tagMango.awards.get(ADA.tagMango)).toEqual(
      new Set([HALL_OF_FAME, QUIZ_MASTER]),
    );
    await run(revoke({ returningAI: { badgeId: MAJOR, user: { id: '1102' } } }));
    expect(service.sandbox.returningAI.awards.get('1102')).toEqual(new Set());
  });
});

test('a badge that this service has made can be renamed by its title alone', async () => {
  const { badge } = await run(create({ returningAI: { title: 'First', awardXpQuantity: 5 } }));
  const { id } = badge as { id: string };
  const { userErrors, warnings } = await run(update({ returningAI: { id, title: 'Second' } }));
  expect(userErrors).toEqual([]);
  expect(warnings).toMatchObject([
    { code: 'HIDDEN_FIELDS_REUSED', fields: pathsOf('returningAI', Object.keys(HIDDEN_VALUES)) },
  ]);
  expect(service.sandbox.returningAI.badges.get(id)).toMatchObject({
    title: 'Second',
    awardXpQuantity: 5,
  });
});

test('a made-again id has no memory: deleting forgets what was hidden', async () => {
  await run(update({ returningAI: { id: MAJOR, title: 'New', ...HIDDEN_VALUES } }));
  await run(remove({ returningAI: { id: MAJOR } }));
  resetStandIns(service.sandbox);
  const refused = await run(update({ returningAI: { id: MAJOR, title: 'New' } }));
  expect(fieldsUnknownIn(refused)).toEqual(Object.keys(HIDDEN_VALUES));
  expect(refused.userErrors[0]?.message).not.toContain('This service wrote');
});

test('a refused deletion does not turn doubtful memory into certain memory', async () => {
  const { faults } = service.sandbox.returningAI;
  await run(update({ returningAI: { id: MAJOR, title: 'New', ...HIDDEN_VALUES } }));
  faults.set('updateBadge', { kind: 'answer', status: 503, isApplied: true, times: 1 });
  await run(update({ returningAI: { id: MAJOR, awardXpQuantity: 500 } }));
  faults.set('deleteBadge', { kind: 'answer', status: 403, times: 1 });
  await run(remove({ returningAI: { id: MAJOR } }));

  const refused = await run(update({ returningAI: { id: MAJOR, title: 'Newer' } }));

  expect(fieldsUnknownIn(refused)).toEqual(['awardXpQuantity']);
  expect(service.sandbox.returningAI.badges.get(MAJOR)?.awardXpQuantity).toBe(500);
});

describe('a provider’s input has no field for what it cannot do:', () => {
  test.each([
    ['CreateBadgeInput', ['returningAI', 'tagMango']],
    ['UpdateBadgeInput', ['returningAI', 'tagMango']],
    ['DeleteBadgeInput', ['returningAI']],
    ['AwardBadgeInput', ['returningAI', 'tagMango']],
    ['RevokeBadgeInput', ['returningAI']],
    ['ReturningAIUserInput', ['email', 'id']],
  ])('%s has %j, exactly one of which is to be given', async (name, fields) => {
    const { data } = await service.execute<
      { __type: { isOneOf: boolean; inputFields: { name: string }[] } },
      object
    >('query ($name: String!) { __type(name: $name) { isOneOf inputFields { name } } }', { name });
    expect(data.__type).toEqual({
      isOneOf: true,
      inputFields: fields.map((field) => ({ name: field })),
    });
  });

  test.each(['deleteBadge', 'revokeBadge'])('%s at TagMango is no valid document', async (name) => {
    const { status, errors } = await service.execute(
      `mutation { ${name}(input: { tagMango: { id: "${HALL_OF_FAME}" } }) { userErrors { code } } }`,
    );
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });
});

const byId = { id: ADA.returningAI };
const member = (user: ReturningAIUserInput, badgeId = MAJOR) => ({
  returningAI: { badgeId, user },
});
const members = (badgeIds: string[], userId = ADA.tagMango) => ({ tagMango: { userId, badgeIds } });

/** For the names of tests. */
const at = (rows: [what: string, asked: Asked, path: string][]) =>
  rows.map(([what, asked, path]) => ({ what, asked, path }));

describe('an input is refused at its field, and nothing is asked of a provider:', () => {
  test.each(
    at([
      ['a blank title', create({ returningAI: { title: ' ' } }), 'returningAI.title'],
      ['a blank action', create({ returningAI: { title: 'x', action: '' } }), 'returningAI.action'],
      [
        'a fraction of a quantity',
        create({ returningAI: { title: 'x', quantity: 1.5 } }),
        'returningAI.quantity',
      ],
      [
        'a fraction of XP',
        create({ returningAI: { title: 'x', awardXpQuantity: 0.5 } }),
        'returningAI.awardXpQuantity',
      ],
      [
        'a fraction of coins',
        create({ returningAI: { title: 'x', awardCurrencyQuantity: 0.5 } }),
        'returningAI.awardCurrencyQuantity',
      ],
      [
        'an http picture',
        create({ returningAI: { title: 'x', image: 'http://img.example/x.png' } }),
        'returningAI.image',
      ],
      [
        'a script for a picture',
        create({ returningAI: { title: 'x', darkImage: 'javascript:alert(1)' } }),
        'returningAI.darkImage',
      ],
      [
        'a word for a picture',
        create({ returningAI: { title: 'x', lightImage: 'light' } }),
        'returningAI.lightImage',
      ],
      ['a blank name', create({ tagMango: { name: '' } }), 'tagMango.name'],
      [
        'an http picture',
        create({ tagMango: { name: 'x', imageUrl: 'http://img.example/x.png' } }),
        'tagMango.imageUrl',
      ],
      [
        'a null switch',
        create({ tagMango: { name: 'x', enableAutomation: null } }),
        'tagMango.enableAutomation',
      ],
      [
        'a mango that is no id',
        create({ tagMango: { name: 'x', automationEnabledMangoes: ['x'] } }),
        'tagMango.automationEnabledMangoes',
      ],
      [
        'both automations',
        create({
          tagMango: { name: 'x', pointsThreshold: 0, automationEnabledMangoes: [HALL_OF_FAME] },
        }),
        'tagMango.pointsThreshold and tagMango.automationEnabledMangoes',
      ],
      ['a path for an id', remove({ returningAI: { id: `${MAJOR}/award` } }), 'returningAI.id'],
      ['an empty id', remove({ returningAI: { id: '' } }), 'returningAI.id'],
      ['a path for a badge', award(member(byId, `${MAJOR}/remove`)), 'returningAI.badgeId'],
      ['an object id for a member', award(member({ id: ADA.tagMango })), 'returningAI.user.id'],
      ['an empty id of a member', award(member({ id: '' })), 'returningAI.user.id'],
      ['a sign in the id of a member', award(member({ id: '-1' })), 'returningAI.user.id'],
      [
        'a line break in the id of a member',
        award(member({ id: '1102\n' })),
        'returningAI.user.id',
      ],
      ['a word for an e-mail', award(member({ email: 'ada' })), 'returningAI.user.email'],
      ['an empty e-mail', award(member({ email: '' })), 'returningAI.user.email'],
      [
        'an e-mail with a space',
        award(member({ email: 'a da@example.com' })),
        'returningAI.user.email',
      ],
      ['a path for a badge', revoke(member(byId, '..')), 'returningAI.badgeId'],
      [
        'an e-mail for the id of a member',
        revoke(member({ id: ADA.email })),
        'returningAI.user.id',
      ],
      ['a word for an e-mail', revoke(member({ email: '@' })), 'returningAI.user.email'],
      ['a number for a member', award(members([HALL_OF_FAME], '1102')), 'tagMango.userId'],
      [
        'a path for a member',
        award(members([HALL_OF_FAME], `${ADA.tagMango}/..`)),
        'tagMango.userId',
      ],
      ['no badges', award(members([])), 'tagMango.badgeIds'],
      [
        'a badge twice',
        award(members([HALL_OF_FAME, QUIZ_MASTER, HALL_OF_FAME])),
        'tagMango.badgeIds',
      ],
      ['a foreign badge', award(members([HALL_OF_FAME, MAJOR])), 'tagMango.badgeIds'],
    ]),
  )('$what at $path', async ({ asked, path }) => {
    const payload = await run(asked);
    expect(payload).toEqual({
      ...emptyPayload(asked),
      userErrors: [
        {
          __typename: 'BadgeInputError',
          code: 'INVALID_INPUT',
          fields: path.split(' and ').map((each) => ['input', ...each.split('.')]),
          message: expect.stringMatching(/./) as unknown,
        },
      ],
    });
    expect(service.sandbox.returningAI.requests).toEqual([]);
    expect(service.sandbox.tagMango.requests).toEqual([]);
  });

  test.each([
    ['both', { id: '1102', email: ADA.email }],
    ['neither', {}],
    ['null', { id: null }],
  ])('%s of the id and the e-mail of a member', async (_what, user) => {
    for (const { document } of [award(member(byId)), revoke(member(byId))]) {
      const { status, errors } = await service.execute<unknown, object>(document, {
        input: { returningAI: { badgeId: MAJOR, user } },
      });
      expect(status).toBe(400);
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect(service.sandbox.returningAI.requests).toEqual([]);
  });
});

const nothingDeleted = { deletedBadgeId: null, deletedBadgeType: null, deletedBadge: null };
const nothingAwarded = { awardedBadges: [], memberBadges: null };

/** What a payload has of the badge when there is none to show. */
function emptyPayload({ field }: Asked): object {
  const common = { outcome: 'REFUSED', changes: [], warnings: [] };
  if (field === 'deleteBadge') return { ...common, ...nothingDeleted };
  return field === 'awardBadge' ? { ...common, ...nothingAwarded } : { ...common, badge: null };
}

const OTHER_OBJECT = 'f'.repeat(24);

describe('what the provider does not have is NOT_FOUND at its field, and nothing is written:', () => {
  test.each(
    at([
      ['a badge to delete', remove({ returningAI: { id: 'gone' } }), 'returningAI.id'],
      ['a badge to update', update({ tagMango: { id: OTHER_OBJECT, name: 'x' } }), 'tagMango.id'],
      ['a badge to give', award(member(byId, 'gone')), 'returningAI.badgeId'],
      ['a badge to take away', revoke(member(byId, 'gone')), 'returningAI.badgeId'],
      [
        'one of the badges to give',
        award(members([HALL_OF_FAME, OTHER_OBJECT])),
        'tagMango.badgeIds',
      ],
      ['a member by e-mail', award(member({ email: 'no@example.com' })), 'returningAI.user.email'],
      ['a member by e-mail', revoke(member({ email: 'no@example.com' })), 'returningAI.user.email'],
    ]),
  )('$what at $path', async ({ asked, path }) => {
    expect(await run(asked)).toEqual({
      ...emptyPayload(asked),
      userErrors: [
        {
          __typename: 'BadgeInputError',
          code: 'NOT_FOUND',
          fields: [['input', ...path.split('.')]],
          message: expect.stringMatching(/^(Returning.AI|TagMango) (has|knows) no /) as unknown,
        },
      ],
    });
    expect(writesTo(service.sandbox)).toEqual([]);
  });
});

test('a member by e-mail without the integration API is INVALID_INPUT at the e-mail', async () => {
  const {
    RETURNING_AI_INTEGRATION_BASE_URL: _url,
    RETURNING_AI_INTEGRATION_API_KEY: _key,
    ...withoutIntegration
  } = service.sandbox.providerValues.returningAI ?? {};
  const other = await startTestService({ providerValues: { returningAI: withoutIntegration } });
  const given = await run(award(member({ email: ADA.email })), other);
  const taken = await run(revoke(member({ email: ADA.email })), other);
  await other.close();

  for (const { userErrors } of [given, taken]) {
    expect(userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        fields: [['input', 'returningAI', 'user', 'email']],
        message: 'Members can only be found by ID, because the integration API is not configured.',
      },
    ]);
  }
  expect(service.sandbox.returningAI.requests).toEqual([]);
});

test.each([
  ['answers 401', { kind: 'answer', status: 401 }, 'PROVIDER_AUTH_FAILED', false],
  ['answers 503', { kind: 'answer', status: 503 }, 'PROVIDER_UNAVAILABLE', true],
  ['hangs', { kind: 'hang' }, 'PROVIDER_TIMEOUT', true],
  [
    'answers without an id',
    { kind: 'answer', body: { status: 'success', data: {} } },
    'PROVIDER_BAD_RESPONSE',
    false,
  ],
  [
    'answers with a refusal under 200',
    { kind: 'answer', body: { status: 'error', message: 'secret words' } },
    'PROVIDER_BAD_RESPONSE',
    false,
  ],
] as const)(
  'a look-up by e-mail that %s is not taken for an unknown member, and nothing is written',
  async (_what, fault, code, retryable) => {
    service.sandbox.returningAI.faults.set('userInfo', fault);
    const { userErrors } = await run(award(member({ email: ADA.email })));
    expect(userErrors).toMatchObject([{ code, retryable, fields: [] }]);
    expect(writesTo(service.sandbox)).toEqual([]);
  },
);

describe('a look-up by e-mail', () => {
  const answered = (body: object, status = 200) =>
    service.sandbox.returningAI.faults.set('userInfo', { kind: 'answer', status, body });
  const found = (data: unknown, status: unknown = 'success') => answered({ status, data });
  const other = 'grace@example.com';
  const byEmail = [award(member({ email: ADA.email })), revoke(member({ email: ADA.email }))];

  test.each([
    ['its e-mail', { userId: '1103', email: other }],
    ['its e-mail in other letters', { userId: '1103', 'E-Mail': ` ${other.toUpperCase()}` }],
    ['a custom field', { userId: '1103', customFields: { Email: other } }],
    [
      'a list of custom fields',
      { userId: '1103', customFields: [{ name: 'e_mail', value: other }] },
    ],
    ['an address that is hidden in part', { userId: '1103', email: 'g***@example.com' }],
    ['its user name', { userId: '1103', username: other }],
    ['one of two', { userId: '1103', email: other, workEmail: ADA.email }],
  ])('that is answered for another member, by %s, gives nothing to anybody', async (_by, data) => {
    found(data);
    for (const asked of byEmail) {
      const { userErrors } = await run(asked);
      expect(userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
      expect(userErrors[0]?.message).toMatch(/Nothing was sent\.$/);
    }
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test.each([
    ['the same e-mail', { userId: '1102', email: ' Ada@EXAMPLE.com' }, 'success'],
    ['the same e-mail, hidden in part', { userId: '1102', email: 'a**@example.com' }, 'success'],
    [
      'another address of the same member',
      { userId: '1102', email: ADA.email, backupEmail: other },
      'OK',
    ],
    [
      'the e-mail of who referred it',
      { userId: '1102', email: ADA.email, referrer: { email: other } },
      true,
    ],
    ['no e-mail', { userId: '1102', username: 'ada', emailVerified: true }, 'SUCCESS'],
    ['an id that is a number', { userId: 1102 }, 'success'],
  ])('that is answered with %s is taken', async (_what, data, status) => {
    found(data, status);
    const { userErrors } = await run(award(member({ email: ADA.email })));
    expect(userErrors).toEqual([]);
    expect(writesTo(service.sandbox)).toMatchObject([{ body: { userId: '1102' } }]);
  });

  test.each([
    ['a 400 with a code', { status: 'error', code: 'USER_NOT_FOUND' }, 400],
    ['a code under a 200', { status: 'error', statusCode: 404 }, 200],
    ['a null', { status: 'success', data: null }, 200],
  ])('that is answered with %s finds nobody', async (_what, body, status) => {
    answered(body, status);
    const { userErrors } = await run(award(member({ email: ADA.email })));
    expect(userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(writesTo(service.sandbox)).toEqual([]);
    expect(service.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  test('whose number cannot be exact is none', async () => {
    found({ userId: 2 ** 53 });
    const { userErrors } = await run(award(member({ email: ADA.email })));
    expect(userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
  });
});

test.each([ADA.tagMango, '-1', '1.5', 'ada', ' 1102', '1'.repeat(21)])(
  'the id %j that a look-up by e-mail gives is never sent on, and no member is said to be missing',
  async (userId) => {
    service.sandbox.returningAI.faults.set('userInfo', {
      kind: 'answer',
      body: { status: 'success', data: { userId } },
    });
    for (const asked of [award, revoke]) {
      const { userErrors } = await run(asked(member({ email: ADA.email })));
      expect(userErrors).toMatchObject([
        { code: 'NOT_FOUND', fields: [['input', 'returningAI', 'user', 'email']] },
      ]);
      expect(userErrors[0]?.message).toMatch(/^Returning\.AI has a member .* but the ID/);
    }
    expect(writesTo(service.sandbox)).toEqual([]);
  },
);

describe('a message says what is wrong where several things could be:', () => {
  const messagesOf = async (asked: Parameters<typeof run>[0]) =>
    (await run(asked)).userErrors.map(({ message }) => message);

  test('which badges of an award the provider lacks', async () => {
    const ids = [HALL_OF_FAME, OTHER_OBJECT, 'e'.repeat(24)];
    expect(await messagesOf(award(members(ids)))).toEqual([
      `TagMango has no badge with these IDs: ${OTHER_OBJECT}, ${'e'.repeat(24)}.`,
    ]);
  });

  test('which badges of an award cannot be badges', async () => {
    expect(await messagesOf(award(members([HALL_OF_FAME, 'x', '7'])))).toEqual([
      'TagMango cannot have a badge with this ID: its badge IDs have 24 hexadecimal digits (inferred). Entries at fault, counted from 1: 2, 3.',
    ]);
  });

  test('which badges of an award are there twice', async () => {
    const ids = [HALL_OF_FAME, OTHER_OBJECT, HALL_OF_FAME.toUpperCase(), OTHER_OBJECT];
    expect(await messagesOf(award(members(ids)))).toEqual([
      'Field "badgeIds" must not contain duplicates. Entries at fault, counted from 1: 3, 4.',
    ]);
  });

  test('which mangoes cannot be mangoes, of many the first twenty', async () => {
    const rule =
      'Each mango ID must be 24 hexadecimal digits, like all IDs in the samples of TagMango (inferred).';
    const withMangoes = (automationEnabledMangoes: string[]) =>
      messagesOf(update({ tagMango: { id: HALL_OF_FAME, automationEnabledMangoes } }));
    expect(await withMangoes(['x'])).toEqual([rule]);
    expect(await withMangoes([OTHER_OBJECT, 'x', OTHER_OBJECT, ''])).toEqual([
      `${rule} Entries at fault, counted from 1: 2, 4.`,
    ]);
    expect(await withMangoes(Array.from({ length: 30 }, () => 'x'))).toEqual([
      `${rule} Entries at fault, counted from 1: ${Array.from({ length: 20 }, (_, at) => at + 1).join(', ')}, and 10 more.`,
    ]);
  });

  test.each([
    ['assignBadges', () => award(members([HALL_OF_FAME]))],
    ['awardBadge', () => award(member(byId))],
    ['removeBadge', () => revoke(member(byId))],
  ])('a 404 to %s of a badge that was just found is about the member', async (operation, asked) => {
    const { returningAI, tagMango } = service.sandbox;
    for (const { faults } of [returningAI, tagMango])
      faults.set(operation, { kind: 'answer', status: 404 });
    const [message] = await messagesOf(asked());
    expect(message).toMatch(
      / has no such resource\. Nothing was changed\. The badges were found just before, so check the ID of the member\.$/,
    );
  });

  test('a character that changes the direction of a text is named beside the control characters', async () => {
    const text = 'Ma\u202ejor';
    expect(await messagesOf(create({ tagMango: { name: text, description: text } }))).toEqual([
      'Field "name" must not contain control characters, line breaks, or characters that change the direction of the text.',
      'Field "description" must not contain characters that change the direction of the text, or control characters other than tabs and line breaks.',
    ]);
  });

  test('a field that cannot be null is told so in a creation too', async () => {
    const input = { tagMango: { name: 'New', enableAutomation: null } };
    expect(await messagesOf(create(input))).toEqual([
      'Field "enableAutomation" cannot be null. Omit it, or set a value.',
    ]);
  });
});

/** One of each write, with the badges that its payload shows when it is refused: what was read before it. */
const refusable: [string, Asked, object][] = [
  ['create at Returning.AI', create({ returningAI: { title: 'x' } }), { badge: null }],
  ['create at TagMango', create({ tagMango: { name: 'x' } }), { badge: null }],
  ['delete', remove({ returningAI: { id: MAJOR } }), nothingDeleted],
  ['award at Returning.AI', award(member(byId)), nothingAwarded],
  ['award at TagMango', award(members([HALL_OF_FAME])), nothingAwarded],
  ['revoke', revoke(member(byId)), { badge: shownMajor() }],
];
const standInOf = ({ variables: { input } }: Asked) =>
  'tagMango' in input ? service.sandbox.tagMango : service.sandbox.returningAI;

describe.each(refusable)('%s that the provider', (_what, asked, shown) => {
  const answers = (fault: Omit<Extract<FaultInput, { kind: 'answer' }>, 'kind'>) =>
    standInOf(asked).faults.set(asked.operation, { kind: 'answer', ...fault });
  const common = { __typename: 'BadgeProviderError', fields: [], retryAfterMs: null };

  test.each([
    [400, 'INVALID_INPUT', false, null],
    [422, 'INVALID_INPUT', false, null],
    [401, 'PROVIDER_AUTH_FAILED', false, null],
    [403, 'PROVIDER_AUTH_FAILED', false, null],
    [404, 'NOT_FOUND', false, null],
    [429, 'PROVIDER_RATE_LIMITED', true, 3_000],
  ] as const)(
    'refuses with %i is %s, is sent once, and changes nothing',
    async (status, code, retryable, retryAfterMs) => {
      const body = { message: 'secret words', success: false };
      answers({ status, body, headers: { 'retry-after': '3' } });

      const payload = await run(asked);

      const provider = 'tagMango' in asked.variables.input ? 'TAG_MANGO' : 'RETURNING_AI';
      expect(payload).toEqual({
        ...emptyPayload(asked),
        ...shown,
        userErrors: [
          {
            ...common,
            provider,
            code,
            retryable,
            retryAfterMs,
            message: expect.stringMatching(
              /^(Returning\.AI|TagMango) [^.]+(\. Fields that were sent: \w+(, \w+)*)?\. Nothing was changed\.( The badges were found just before.*)?$/,
            ) as unknown,
          },
        ],
      });
      expect(writesTo(service.sandbox)).toHaveLength(1);
    },
  );

  test('answers with 409 is a conflict, with the badge where there is one', async () => {
    answers({ status: 409 });
    const payload = await run(asked);
    expect(payload).toMatchObject({ ...shown, userErrors: [{ code: 'CONFLICT', fields: [] }] });
    expect(payload.userErrors).toMatchObject([{ __typename: 'BadgeConflictError' }]);
    const hasBadge = !asked.field.startsWith('create');
    const [error] = payload.userErrors as { currentBadge?: object | null }[];
    expect(error?.currentBadge === null).toBe(!hasBadge);
  });

  test.each([
    ['answers with 500', { kind: 'answer', status: 500 }],
    ['hangs', { kind: 'hang' }],
    ['resets', { kind: 'reset' }],
    ['answers with 200 and no JSON', { kind: 'answer', contentType: 'text/html', body: '<p>' }],
  ] as const)('%s is OUTCOME_UNKNOWN, and is sent once', async (_how, fault) => {
    standInOf(asked).faults.set(asked.operation, { ...fault, isApplied: true });
    const { userErrors } = await run(asked);
    expect(userErrors).toMatchObject([{ ...common, code: 'OUTCOME_UNKNOWN', retryable: false }]);
    expect(writesTo(service.sandbox)).toHaveLength(1);
  });
});

const anyText: unknown = expect.any(String);
const shownNewMajor = shownMajor({
  id: anyText,
  name: 'x',
  title: 'x',
  quantity: 1,
  image: null,
  imageUrl: null,
  description: '',
  attachRequired: false,
  awarded: false,
});
const shownNewHallOfFame = shownHallOfFame({
  id: anyText,
  name: 'x',
  description: '',
  imageUrl: null,
  createdAt: anyText,
  updatedAt: anyText,
});

describe('a 2xx without a body', () => {
  test.each(refusable.map(([what, asked]) => [what, asked] as const))(
    'to %s is a success only where a read can tell',
    async (what, asked) => {
      const { faults } = standInOf(asked);
      faults.set(asked.operation, { kind: 'answer', status: 204, body: '', isApplied: true });
      const { userErrors, ...shown } = await run(asked);

      const expected: Readonly<Record<string, [string[], object]>> = {
        'create at Returning.AI': [[], { badge: shownNewMajor }],
        'create at TagMango': [[], { badge: shownNewHallOfFame }],
        delete: [[], deletedMajor],
        'award at Returning.AI': [['OUTCOME_UNKNOWN'], nothingAwarded],
        'award at TagMango': [['OUTCOME_UNKNOWN'], nothingAwarded],
        revoke: [['OUTCOME_UNKNOWN'], { badge: shownMajor() }],
      };
      const codes = (userErrors as { code?: string }[]).map(({ code }) => code);
      const [expectedCodes = [], expectedShown] = expected[what] ?? [];
      expect(codes).toEqual(expectedCodes);
      expect(shown).toMatchObject({
        outcome: codes.length > 0 ? 'UNKNOWN' : 'APPLIED',
        ...expectedShown,
      });
      expect(writesTo(service.sandbox)).toHaveLength(1);
    },
  );

  test.each(refusable.filter(([, { field }]) => /^(create|delete)/.test(field)))(
    'to %s that did not happen is OUTCOME_UNKNOWN: a read decides',
    async (_what, asked, nothing) => {
      const { faults } = standInOf(asked);
      faults.set(asked.operation, { kind: 'answer', status: 204, body: '' });
      const payload = await run(asked);
      expect(payload).toMatchObject({
        ...nothing,
        changes: [],
        userErrors: [{ code: 'OUTCOME_UNKNOWN' }],
      });
    },
  );

  test.each([
    ['an envelope without a body', { meta: { success: true, message: 'Done' } }],
    ['an envelope with null', { meta: { success: true, message: 'Done' }, body: null }],
    ['the badge that is gone', { meta: { success: true }, body: { id: MAJOR, title: 'Major' } }],
  ])('no page shows a deletion’s answer, so %s is a success too', async (_what, body) => {
    service.sandbox.returningAI.faults.set('deleteBadge', {
      kind: 'answer',
      body,
      isApplied: true,
    });
    const payload = await run(remove({ returningAI: { id: MAJOR } }));
    expect(payload).toMatchObject({ deletedBadgeId: MAJOR, userErrors: [] });
  });

  test('with a refusal inside, a deletion is refused', async () => {
    service.sandbox.returningAI.faults.set('deleteBadge', {
      kind: 'answer',
      body: { meta: { success: false, message: 'secret words' } },
    });
    const payload = await run(remove({ returningAI: { id: MAJOR } }));
    expect(payload).toMatchObject({
      deletedBadgeId: null,
      userErrors: [{ code: 'PROVIDER_BAD_RESPONSE', retryable: false }],
    });
    expect(payload.userErrors[0]?.message).toMatch(/Nothing was changed\.$/);
  });
});

describe('a deletion with expectedVersion', () => {
  const version = async () => {
    const { data } = await service.execute(OneBadgeDocument, {
      provider: 'RETURNING_AI',
      id: MAJOR,
    });
    return data.badge?.version ?? '';
  };

  test('that stands goes through', async () => {
    const expectedVersion = await version();
    const { deletedBadgeId } = await run(remove({ returningAI: { id: MAJOR } }, expectedVersion));
    expect(deletedBadgeId).toBe(MAJOR);
  });

  test('that is old shows the badge as it is, and deletes nothing', async () => {
    const payload = await run(remove({ returningAI: { id: MAJOR } }, 'old'));
    expect(payload).toMatchObject({
      deletedBadgeId: null,
      userErrors: [
        {
          __typename: 'BadgeConflictError',
          code: 'CONFLICT',
          fields: [['expectedVersion']],
          currentBadge: { name: 'Major' },
        },
      ],
    });
    expect(writesTo(service.sandbox)).toEqual([]);
  });
});
