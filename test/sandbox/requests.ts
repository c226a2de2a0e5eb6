import type { ExchangeRequest } from '../support/contract.ts';

/** Requests that both stand-ins serve with their demo badges. */
type Requests = Readonly<Record<string, ExchangeRequest>>;

const RETURNING_AI_KEY = { 'x-api-key': 'sandbox-returning-ai-key' };
export const MAJOR_ID = '84845081-98fd-46f3-96aa-1032174e58a5';

export const returningAIRequests = {
  list: { operation: 'listBadges', method: 'GET', path: '/badges', headers: RETURNING_AI_KEY },
  create: {
    operation: 'createBadge',
    method: 'POST',
    path: '/badges',
    headers: RETURNING_AI_KEY,
    body: { title: 'Scout', action: 'custom' },
  },
  update: {
    operation: 'updateBadge',
    method: 'PUT',
    path: `/badges/${MAJOR_ID}`,
    headers: RETURNING_AI_KEY,
    body: { title: 'Renamed', action: 'custom' },
  },
  award: {
    operation: 'awardBadge',
    method: 'POST',
    path: `/badges/${MAJOR_ID}/award`,
    headers: RETURNING_AI_KEY,
    body: { userId: '1102' },
  },
  info: {
    operation: 'userInfo',
    method: 'POST',
    path: '/apis/v1/users/info',
    headers: { authorization: 'Bearer sandbox-returning-ai-integration-key' },
    body: { idOrEmail: 'ada@example.com' },
  },
} satisfies Requests;

const TAG_MANGO_HEADERS = {
  authorization: `Bearer tmk_${'5a'.repeat(12)}.${'c3'.repeat(32)}`,
  'x-whitelabel-host': 'sandbox.tagmango.com',
};
const EXTERNAL = '/api/v1/external';
export const HALL_ID = '6657092c8142bfe0656481bf';
const ADA = '6650aa11bb22cc33dd44ee55';

export const tagMangoRequests = {
  list: {
    operation: 'listBadges',
    method: 'GET',
    path: `${EXTERNAL}/gamification/badges`,
    headers: TAG_MANGO_HEADERS,
  },
  create: {
    operation: 'createBadge',
    method: 'POST',
    path: `${EXTERNAL}/gamification/badges`,
    headers: TAG_MANGO_HEADERS,
    body: { name: 'Scout' },
  },
  update: {
    operation: 'updateBadge',
    method: 'PATCH',
    path: `${EXTERNAL}/gamification/badges/${HALL_ID}`,
    headers: TAG_MANGO_HEADERS,
    body: { name: 'Renamed' },
  },
  assign: {
    operation: 'assignBadges',
    method: 'PATCH',
    path: `${EXTERNAL}/gamification/badges/${ADA}/assign`,
    headers: TAG_MANGO_HEADERS,
    body: { badges: [HALL_ID] },
  },
  lookup: {
    operation: 'lookupUser',
    method: 'GET',
    path: `${EXTERNAL}/users/lookup?email=ada@example.com`,
    headers: TAG_MANGO_HEADERS,
  },
} satisfies Requests;
