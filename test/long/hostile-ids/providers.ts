import { randomBytes } from 'node:crypto';
import { type Counts, count } from '../../support/tally.ts';
import { startRawProvider } from '../../support/raw-provider.ts';
import { isReturningAIBadgeId, isTagMangoId } from './alphabets.ts';
import { RETURNING_AI_IDS, TAG_MANGO_IDS } from './ids.ts';

/** Every valid first line of a request to a provider, with the rule for its ID. */
const LINES: readonly (readonly [pattern: string, line: RegExp, isId?: (id: string) => boolean])[] =
  [
    ['GET /badges', /^GET \/api\/v1\/badges HTTP\/1\.1$/],
    ['PUT /badges/<id>', /^PUT \/api\/v1\/badges\/([^/]+) HTTP\/1\.1$/, isReturningAIBadgeId],
    ['DELETE /badges/<id>', /^DELETE \/api\/v1\/badges\/([^/]+) HTTP\/1\.1$/, isReturningAIBadgeId],
    [
      'POST /badges/<id>/award',
      /^POST \/api\/v1\/badges\/([^/]+)\/award HTTP\/1\.1$/,
      isReturningAIBadgeId,
    ],
    [
      'POST /badges/<id>/remove',
      /^POST \/api\/v1\/badges\/([^/]+)\/remove HTTP\/1\.1$/,
      isReturningAIBadgeId,
    ],
    ['POST /users/info', /^POST \/apis\/v1\/users\/info HTTP\/1\.1$/],
    ['GET …/gamification/badges', /^GET \/api\/v1\/external\/gamification\/badges HTTP\/1\.1$/],
    ['POST …/gamification/badges', /^POST \/api\/v1\/external\/gamification\/badges HTTP\/1\.1$/],
    [
      'PATCH …/gamification/badges/<id>',
      /^PATCH \/api\/v1\/external\/gamification\/badges\/([^/]+) HTTP\/1\.1$/,
      isTagMangoId,
    ],
    [
      'PATCH …/gamification/badges/<id>/assign',
      /^PATCH \/api\/v1\/external\/gamification\/badges\/([^/]+)\/assign HTTP\/1\.1$/,
      isTagMangoId,
    ],
    [
      'GET …/users/lookup?<e-mail or phone>',
      /^GET \/api\/v1\/external\/users\/lookup\?(?:email=[\w.*+%-]+|phone=\d+) HTTP\/1\.1$/,
    ],
  ];

export interface Providers {
  /** The settings that lead a service to them. */
  variables: Record<string, string>;
  /** The number of requests by first line. */
  calls: Counts;
  /** The total number of lines. */
  total: () => number;
  /** Lines that no provider should receive. */
  strays: string[];
  close(): Promise<void>;
}

/** Records of a hostile provider: no badge of these ids is ever to be shown or asked for. */
const HOSTILE_IDS = [
  '../users',
  '..%2fusers',
  'a/b',
  '',
  '\ud800',
  ' ',
  'x'.repeat(65),
  'é',
  '?',
  '#',
];

const ofReturningAI = (id: string) => ({
  id,
  title: `Badge ${id}`,
  action: 'custom',
  quantity: '1',
});
const ofTagMango = (id: string) => ({ _id: id, name: `Badge ${id}` });
export const MEMBER = 'aaaaaaaaaaaaaaaaaaaaaaaa';

export async function startProviders(): Promise<Providers> {
  const calls: Counts = {};
  const strays: string[] = [];
  let total = 0;
  const onLine = (line: string): void => {
    total += 1;
    const known = LINES.find(([, shape, isId]) => {
      const found = shape.exec(line);
      return found && (isId?.(found[1] ?? '') ?? true);
    });
    if (known) count(calls, known[0]);
    else strays.push(line);
  };
  const returningAI = await startRawProvider({ onLine, answer: answerOfReturningAI });
  const tagMango = await startRawProvider({ onLine, answer: answerOfTagMango });
  return {
    variables: {
      RETURNING_AI_BASE_URL: `${returningAI.origin}/api/v1`,
      RETURNING_AI_API_KEY: 'key',
      RETURNING_AI_INTEGRATION_BASE_URL: `${returningAI.origin}/apis/v1`,
      RETURNING_AI_INTEGRATION_API_KEY: 'key',
      TAG_MANGO_BASE_URL: tagMango.origin,
      TAG_MANGO_API_KEY: 'key',
      TAG_MANGO_WHITELABEL_HOST: 'club.example.com',
    },
    calls,
    total: () => total,
    strays,
    async close() {
      await Promise.all([returningAI.close(), tagMango.close()]);
    },
  };
}

function answerOfReturningAI(line: string): object {
  const [method, path = ''] = line.split(' ');
  if (path.endsWith('/users/info')) return { status: 'success', data: { userId: '../1102' } };
  if (method === 'DELETE') return { meta: { success: false } };
  const [, id = ''] = /\/badges\/([^/]+)/.exec(path) ?? [];
  return { meta: { success: true }, body: bodyOfReturningAI(method, path, id) };
}

function bodyOfReturningAI(method: string | undefined, path: string, id: string): unknown {
  if (method === 'GET') return [...RETURNING_AI_IDS, ...HOSTILE_IDS].map(ofReturningAI);
  if (method === 'PUT') return ofReturningAI(id);
  return path.endsWith('/award') ? [ofReturningAI(id)] : [];
}

function answerOfTagMango(line: string): object {
  const [method, path = ''] = line.split(' ');
  const records = [...TAG_MANGO_IDS, ...HOSTILE_IDS].map(ofTagMango);
  if (path.includes('/users/lookup'))
    return { success: true, result: { _id: MEMBER, badges: records } };
  const [, id = newId()] = /\/badges\/([^/]+)$/.exec(path) ?? [];
  return { success: true, result: method === 'GET' ? records : ofTagMango(id) };
}

/** The ID of a new badge. */
function newId(): string {
  return randomBytes(12).toString('hex');
}
