import { expect } from '@jest/globals';
import type { DocumentNode } from 'graphql';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { RecordedRequest } from '../../src/sandbox/stand-in.ts';
import {
  AwardBadgeDocument,
  type AwardBadgeInput,
  CreateBadgeDocument,
  type CreateBadgeInput,
  DeleteBadgeDocument,
  type DeleteBadgeInput,
  RevokeBadgeDocument,
  type RevokeBadgeInput,
  UpdateBadgeDocument,
  type UpdateBadgeInput,
} from '../generated/operations.ts';
import {
  ADA,
  DEFAULT_FIELDS,
  HALL_OF_FAME,
  HIDDEN_VALUES,
  MAJOR,
  QUIZ_MASTER,
  returningAIStored,
  tagMangoStored,
} from './records.ts';

export { ADA, HALL_OF_FAME, MAJOR, QUIZ_MASTER };

/** The badges of the stand-ins before each case. */
export const STORED = {
  returningAI: { badges: [returningAIStored()] },
  tagMango: {
    badges: [tagMangoStored(), tagMangoStored({ _id: QUIZ_MASTER, name: 'Quiz Master' })],
  },
};

export function resetStandIns({ returningAI, tagMango }: Sandbox): void {
  for (const standIn of [returningAI, tagMango]) {
    standIn.badges.clear();
    standIn.awards.clear();
    standIn.faults.clear();
    standIn.requests.length = 0;
  }
  for (const badge of STORED.returningAI.badges) returningAI.badges.set(badge.id, badge);
  for (const badge of STORED.tagMango.badges) tagMango.badges.set(badge._id, badge);
}

/** The lookup of a member by email is a POST request that changes nothing. */
const READS = ['listBadges', 'lookupUser', 'userInfo'];

/** The writes that reached either provider, in order. */
export function writesTo({ returningAI, tagMango }: Sandbox): RecordedRequest[] {
  return [...returningAI.requests, ...tagMango.requests].filter(
    ({ operation }) => !READS.includes(operation),
  );
}

const version: unknown = expect.stringMatching(/^[\w-]{22}$/);

/** The stored badge as a payload shows it, with what differs. Seven fields are null, since the stand-in does not show them. */
export const shownMajor = (differing: object = {}) => ({
  __typename: 'ReturningAIBadge',
  provider: 'RETURNING_AI',
  id: MAJOR,
  version,
  name: 'Major',
  title: 'Major',
  action: 'custom',
  quantity: 3,
  image: 'https://img.example/major.png',
  imageUrl: 'https://img.example/major.png',
  description: 'One trade that makes 30%.',
  darkImage: null,
  lightImage: null,
  enabledDarkAndLight: null,
  award: null,
  awardCurrency: null,
  awardXpQuantity: null,
  awardCurrencyQuantity: null,
  attachRequired: true,
  awarded: true,
  ...differing,
});

export const shownHallOfFame = (differing: object = {}) => ({
  __typename: 'TagMangoBadge',
  provider: 'TAG_MANGO',
  id: HALL_OF_FAME,
  version,
  name: 'Hall of Fame',
  description: 'Once a year.',
  imageUrl: 'https://img.example/hall.png',
  creator: '6149b1e5612c4e5fd96041d3',
  enableAutomation: false,
  pointsThreshold: null,
  pointCategoryForAutomation: null,
  automationEnabledMangoes: [],
  createdAt: '2024-05-31T13:03:26.375Z',
  updatedAt: '2024-05-31T13:03:26.375Z',
  ...differing,
});

/** Changes of fields whose value before is unknown. */
export const changesTo = (values: object) =>
  Object.entries(values).map(([field, value]: [string, unknown]) => ({
    field,
    before: null,
    after: value,
  }));

/** The changes that set every shown field of the stored badge to null. */
export const changesOfDeletion = Object.entries({
  title: 'Major',
  action: 'custom',
  quantity: 3,
  image: 'https://img.example/major.png',
  description: 'One trade that makes 30%.',
  attachRequired: true,
  awarded: true,
}).map(([field, value]) => ({ field, before: value, after: null }));

const holder = (badgeId: string, userId: string) => ({ badgeId, userId });

/** A member who receives badges and may not hold any of them yet. */
export const changesOfAward = (userId: string, badgeIds: readonly string[]) =>
  badgeIds.map((badgeId) => ({ field: 'holders', before: null, after: holder(badgeId, userId) }));

export const changesOfRevocation = (userId: string, badgeId: string) => [
  { field: 'holders', before: holder(badgeId, userId), after: null },
];

/** The paths of fields of an input, as errors and warnings have them. */
export const pathsOf = (provider: string, fields: readonly string[]) =>
  fields.map((field) => ['input', provider, field]);

/** A mutation with its variables. */
export interface Asked {
  document: DocumentNode;
  variables: { input: object; expectedVersion?: string };
  /** Where the payload is in the answer. */
  field: string;
  /** The provider's operation that it calls, by its `operationId` in the contract file. */
  operation: string;
}

export const create = (input: CreateBadgeInput): Asked => ({
  document: CreateBadgeDocument,
  variables: { input },
  field: 'createBadge',
  operation: 'createBadge',
});
export const update = (input: UpdateBadgeInput, expectedVersion?: string): Asked => ({
  document: UpdateBadgeDocument,
  variables: { input, ...(expectedVersion !== undefined && { expectedVersion }) },
  field: 'updateBadge',
  operation: 'updateBadge',
});
export const remove = (input: DeleteBadgeInput, expectedVersion?: string): Asked => ({
  document: DeleteBadgeDocument,
  variables: { input, ...(expectedVersion !== undefined && { expectedVersion }) },
  field: 'deleteBadge',
  operation: 'deleteBadge',
});
export const award = (input: AwardBadgeInput): Asked => ({
  document: AwardBadgeDocument,
  variables: { input },
  field: 'awardBadge',
  operation: 'tagMango' in input ? 'assignBadges' : 'awardBadge',
});
export const revoke = (input: RevokeBadgeInput): Asked => ({
  document: RevokeBadgeDocument,
  variables: { input },
  field: 'revokeBadge',
  operation: 'removeBadge',
});

/** One operation at one provider: the mutation, the only write that the provider receives, and the response. */
export interface OperationCase {
  what: string;
  at: 'returningAI' | 'tagMango';
  asked: Asked;
  request: { method: string; path: string; body: unknown };
  payload: object;
  /** Requests to the provider besides the write, in their order. */
  reads: string[];
  /** Reads without which the write is not sent. */
  needsReads?: true;
}

const TAG_MANGO_BADGES = '/api/v1/external/gamification/badges';
const clean = { outcome: 'APPLIED', changes: [], warnings: [], userErrors: [] };
/** The badge as it was, and what a cache has to find. */
export const deletedMajor = {
  deletedBadgeId: MAJOR,
  deletedBadgeType: 'ReturningAIBadge',
  deletedBadge: shownMajor(),
};
const anyId: unknown = expect.any(String);
const anyTime: unknown = expect.any(String);

const marketMaker = { title: 'Market Maker', ...DEFAULT_FIELDS };
const nightOwl = { name: 'Night Owl', enableAutomation: true, pointsThreshold: 7.5 };
const { id: _id, awarded: _awarded, ...newMajor } = returningAIStored({ title: 'New' });
const awardedMajor = {
  ...clean,
  awardedBadges: [shownMajor()],
  memberBadges: [shownMajor()],
  changes: changesOfAward(ADA.returningAI, [MAJOR]),
};
const revokedMajor = {
  ...clean,
  badge: shownMajor(),
  changes: changesOfRevocation(ADA.returningAI, MAJOR),
};

export const operationCases: readonly OperationCase[] = [
  {
    what: 'createBadge at Returning.AI, of a title alone, posts all thirteen fields',
    at: 'returningAI',
    asked: create({ returningAI: { title: 'Market Maker' } }),
    request: { method: 'POST', path: '/badges', body: marketMaker },
    payload: {
      ...clean,
      badge: shownMajor({
        id: anyId,
        name: 'Market Maker',
        title: 'Market Maker',
        quantity: 1,
        image: null,
        imageUrl: null,
        description: '',
        attachRequired: false,
        awarded: false,
      }),
      changes: changesTo(marketMaker),
    },
    reads: ['listBadges'],
  },
  {
    what: 'createBadge at TagMango posts the given fields only',
    at: 'tagMango',
    asked: create({ tagMango: nightOwl }),
    request: { method: 'POST', path: TAG_MANGO_BADGES, body: nightOwl },
    payload: {
      ...clean,
      badge: shownHallOfFame({
        ...nightOwl,
        id: anyId,
        description: '',
        imageUrl: null,
        createdAt: anyTime,
        updatedAt: anyTime,
      }),
      changes: changesTo(nightOwl),
      warnings: [
        {
          code: 'AUTOMATION_DELAYED',
          message: 'TagMango applies the new rule to members with a delay.',
          fields: [
            ['input', 'tagMango', 'enableAutomation'],
            ['input', 'tagMango', 'pointsThreshold'],
          ],
        },
      ],
    },
    reads: ['listBadges'],
  },
  {
    what: 'updateBadge at Returning.AI puts all thirteen fields',
    at: 'returningAI',
    asked: update({ returningAI: { id: MAJOR, title: 'New', ...HIDDEN_VALUES } }),
    request: { method: 'PUT', path: `/badges/${MAJOR}`, body: newMajor },
    payload: {
      ...clean,
      badge: shownMajor({ name: 'New', title: 'New' }),
      changes: [{ field: 'title', before: 'Major', after: 'New' }, ...changesTo(HIDDEN_VALUES)],
    },
    reads: ['listBadges'],
    needsReads: true,
  },
  {
    what: 'updateBadge at TagMango patches the given fields only',
    at: 'tagMango',
    asked: update({ tagMango: { id: HALL_OF_FAME, name: 'New' } }),
    request: {
      method: 'PATCH',
      path: `${TAG_MANGO_BADGES}/${HALL_OF_FAME}`,
      body: { name: 'New' },
    },
    payload: {
      ...clean,
      badge: shownHallOfFame({ name: 'New', updatedAt: anyTime }),
      changes: [{ field: 'name', before: 'Hall of Fame', after: 'New' }],
    },
    reads: ['listBadges'],
  },
  {
    what: 'deleteBadge at Returning.AI',
    at: 'returningAI',
    asked: remove({ returningAI: { id: MAJOR } }),
    request: { method: 'DELETE', path: `/badges/${MAJOR}`, body: undefined },
    payload: { ...clean, ...deletedMajor, changes: changesOfDeletion },
    reads: ['listBadges'],
  },
  {
    what: 'awardBadge at Returning.AI by id posts under the badge',
    at: 'returningAI',
    asked: award({ returningAI: { badgeId: MAJOR, user: { id: ADA.returningAI } } }),
    request: { method: 'POST', path: `/badges/${MAJOR}/award`, body: { userId: ADA.returningAI } },
    payload: awardedMajor,
    reads: ['listBadges'],
  },
  {
    what: 'awardBadge at Returning.AI by e-mail asks for the id first, and posts that',
    at: 'returningAI',
    asked: award({ returningAI: { badgeId: MAJOR, user: { email: ADA.email } } }),
    request: { method: 'POST', path: `/badges/${MAJOR}/award`, body: { userId: ADA.returningAI } },
    payload: awardedMajor,
    reads: ['userInfo', 'listBadges'],
    needsReads: true,
  },
  {
    what: 'revokeBadge at Returning.AI by id posts under the badge',
    at: 'returningAI',
    asked: revoke({ returningAI: { badgeId: MAJOR, user: { id: ADA.returningAI } } }),
    request: { method: 'POST', path: `/badges/${MAJOR}/remove`, body: { userId: ADA.returningAI } },
    payload: revokedMajor,
    reads: ['listBadges'],
  },
  {
    what: 'revokeBadge at Returning.AI by e-mail asks for the id first, and posts that',
    at: 'returningAI',
    asked: revoke({ returningAI: { badgeId: MAJOR, user: { email: ADA.email } } }),
    request: { method: 'POST', path: `/badges/${MAJOR}/remove`, body: { userId: ADA.returningAI } },
    payload: revokedMajor,
    reads: ['userInfo', 'listBadges'],
    needsReads: true,
  },
  {
    what: 'awardBadge at TagMango assigns several badges under the member, never under a badge',
    at: 'tagMango',
    asked: award({
      tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER, HALL_OF_FAME] },
    }),
    request: {
      method: 'PATCH',
      path: `${TAG_MANGO_BADGES}/${ADA.tagMango}/assign`,
      body: { badges: [QUIZ_MASTER, HALL_OF_FAME] },
    },
    payload: {
      ...clean,
      memberBadges: null,
      awardedBadges: [shownHallOfFame({ id: QUIZ_MASTER, name: 'Quiz Master' }), shownHallOfFame()],
      changes: changesOfAward(ADA.tagMango, [QUIZ_MASTER, HALL_OF_FAME]),
    },
    reads: ['listBadges'],
  },
];
