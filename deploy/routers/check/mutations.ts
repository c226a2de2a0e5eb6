import { deepEqual, equal, match } from 'node:assert/strict';
import {
  ADA,
  HALL_OF_FAME,
  HIDDEN_DEFAULTS,
  MAJOR,
  QUIZ_MASTER,
} from '../../../test/support/records.ts';
import { RECRUITER } from './queries.ts';
import { type Answer, type World, codesOf } from './world.ts';

const READS = ['listBadges', 'lookupUser', 'userInfo'];
type Field = 'create' | 'update' | 'delete' | 'award' | 'revoke';

const RESULT = 'outcome userErrors { __typename code fields message }';
const toDocument = (field: Field): string => {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}BadgeInput!`;
  return `mutation Change($input: ${type}, $key: String, $dryRun: Boolean! = false) {
    result: ${field}Badge(input: $input, idempotencyKey: $key, dryRun: $dryRun) { ${RESULT} }
  }`;
};

interface Mutation {
  name: string;
  field: Field;
  input: object;
}

const atMajor = (user: object): object => ({ returningAI: { badgeId: MAJOR, user } });

export const mutations: readonly Mutation[] = [
  {
    name: 'createBadge at Returning.AI',
    field: 'create',
    input: { returningAI: { title: 'Made by the check' } },
  },
  {
    name: 'createBadge at TagMango',
    field: 'create',
    input: { tagMango: { name: 'Made by the check' } },
  },
  {
    name: 'updateBadge at Returning.AI',
    field: 'update',
    // An update must give the fields that are hidden.
    input: { returningAI: { id: MAJOR, title: 'Changed by the check', ...HIDDEN_DEFAULTS } },
  },
  {
    name: 'updateBadge at TagMango',
    field: 'update',
    input: { tagMango: { id: HALL_OF_FAME, name: 'Changed by the check' } },
  },
  {
    name: 'awardBadge at Returning.AI, by id',
    field: 'award',
    input: atMajor({ id: ADA.returningAI }),
  },
  {
    name: 'awardBadge at Returning.AI, by e-mail',
    field: 'award',
    input: atMajor({ email: ADA.email }),
  },
  {
    name: 'awardBadge at TagMango, two badges',
    field: 'award',
    input: { tagMango: { userId: ADA.tagMango, badgeIds: [HALL_OF_FAME, QUIZ_MASTER] } },
  },
  {
    name: 'revokeBadge at Returning.AI',
    field: 'revoke',
    input: atMajor({ id: ADA.returningAI }),
  },
  {
    name: 'deleteBadge at Returning.AI',
    field: 'delete',
    input: { returningAI: { id: RECRUITER } },
  },
];

/** The writes that reached a provider while the work was done. */
export async function writesDuring(world: World, work: () => Promise<void>): Promise<number> {
  const all = [...world.sandbox.standIns.values()].map(({ requests }) => requests);
  const before = all.map((requests) => requests.length);
  await work();
  const since = all.flatMap((requests, at) => requests.slice(before[at]));
  return since.filter(({ operation }) => !READS.includes(operation)).length;
}

export const change = (
  world: World,
  { field, input }: Pick<Mutation, 'field' | 'input'>,
  more: object = {},
): Promise<Answer> => world.ask(toDocument(field), { input, ...more });

export const resultOf = ({
  data,
}: Answer): { outcome?: string; userErrors?: { message: string }[] } => data?.result ?? {};

/** A dry run writes nothing, and the mutation itself once. */
export async function checkMutation(world: World, mutation: Mutation): Promise<void> {
  const tried = await writesDuring(world, async () => {
    const answer = await change(world, mutation, { dryRun: true });
    deepEqual([resultOf(answer).outcome, answer.errors], ['DRY_RUN', []]);
  });
  equal(tried, 0, 'a dry run wrote');
  const written = await writesDuring(world, async () => {
    const answer = await change(world, mutation);
    deepEqual([resultOf(answer), answer.errors], [{ outcome: 'APPLIED', userErrors: [] }, []]);
  });
  equal(written, 1, 'writes to the provider');
}

export async function checkRecordedCaller(world: World): Promise<void> {
  const input = { tagMango: { id: QUIZ_MASTER, name: 'By Ada' } };
  const headers = { 'x-badges-actor': 'root', 'x-badges-tenant': 'bolt' };
  const changed = await world.ask(toDocument('update'), { input }, { headers });
  equal(resultOf(changed).outcome, 'APPLIED');
  const { data } = await world.ask(
    `{ badgeHistory(provider: TAG_MANGO, id: "${QUIZ_MASTER}", first: 1) { nodes { caller } } }`,
  );
  deepEqual(data, { badgeHistory: { nodes: [{ caller: 'ada' }] } });
}

export async function checkUserErrors(world: World): Promise<void> {
  const input = atMajor({ email: 'no@example.com' });
  const written = await writesDuring(world, async () => {
    const { outcome, userErrors = [] } = resultOf(await change(world, { field: 'award', input }));
    equal(outcome, 'REFUSED');
    const [{ message, ...rest } = { message: '' }] = userErrors;
    match(message, /\w/);
    const fields = [['input', 'returningAI', 'user', 'email']];
    deepEqual(rest, { __typename: 'BadgeInputError', code: 'NOT_FOUND', fields });
  });
  equal(written, 0);
}

/** Routers may refuse these themselves. Nothing may reach a provider. */
export async function checkOneOf(world: World): Promise<void> {
  const tagMango = { id: HALL_OF_FAME, name: 'Two' };
  const both = { tagMango, returningAI: { id: MAJOR, title: 'Two', hiddenFields: 'OMIT' } };
  for (const input of [both, {}]) {
    const written = await writesDuring(world, async () => {
      const answer = await change(world, { field: 'update', input });
      equal(answer.data?.result ?? null, null);
      equal(answer.errors.length > 0, true, 'there is no error');
    });
    equal(written, 0);
  }
}

/** The router may not send it again. The client may, with its key. */
export async function checkLostAnswer(world: World): Promise<string> {
  const mutation = { field: 'create', input: { tagMango: { name: 'Once' } } } as const;
  const key = `check-${Date.now()}`;
  let seen = 'no code';
  const written = await writesDuring(world, async () => {
    const before = world.front.mutations;
    world.front.lose = 1;
    const lost = await change(world, mutation, { key });
    world.front.lose = 0;
    equal(world.front.mutations - before, 1, 'times that the router sent the mutation');
    equal(lost.data?.result ?? null, null);
    seen = codesOf(lost).join(', ');
    equal(lost.errors.length > 0, true, 'there is no error');
    const repeated = await change(world, mutation, { key });
    deepEqual(resultOf(repeated), { outcome: 'APPLIED', userErrors: [] });
  });
  equal(written, 1, 'writes to the provider');
  return `sent once; the client sees ${seen}`;
}
