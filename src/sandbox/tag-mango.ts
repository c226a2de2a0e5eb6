import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type Alterer,
  BEHAVIOURS,
  type BadgeStore,
  type Behaviour,
  Refusal,
  behaviourSchema,
  createAlterer,
  createBadgeStore,
  createBehaviourSwitch,
} from './behaviour.ts';
import { type BadgesInAnswers, type Place, badgeList, oneBadge } from './fault-kinds.ts';
import { type ProviderStandIn, createRateWindow, startStandIn } from './stand-in.ts';

export interface TagMangoStandIn extends ProviderStandIn {
  badges: Map<string, StoredBadge>;
}

interface TagMangoStandInOptions {
  port?: number;
  hostName?: string | undefined;
  /** The documentation shows all three. The first is the most likely. */
  envelope?: EnvelopeKind;
  badges?: readonly StoredBadge[];
  /** The number of requests in 10 seconds; the provider's 120 if left out. */
  requestLimit?: number;
  behaviour?: Partial<Behaviour>;
  /** Milliseconds, for a list that lags. */
  now?: () => number;
}

const API_KEY = `tmk_${'5a'.repeat(12)}.${'c3'.repeat(32)}`;
const WHITELABEL_HOST = 'sandbox.tagmango.com';
const EXTERNAL = '/api/v1/external';
const WINDOW = { limit: 120, windowMs: 10_000 };

const DEMO_USERS = [
  { _id: '6650aa11bb22cc33dd44ee55', name: 'Ada', email: 'ada@example.com', phone: 919900112233 },
  {
    _id: '6650aa11bb22cc33dd44ee56',
    name: 'Grace',
    email: 'grace@example.com',
    phone: 919900112234,
  },
];
const assignBody = z.object({ badges: z.array(z.string()).min(1) });

export async function startTagMangoStandIn(
  options: TagMangoStandInOptions = {},
): Promise<TagMangoStandIn> {
  const awards = new Map<string, Set<string>>();
  const keys = new Set([API_KEY]);
  const envelope = createEnvelope(options.envelope ?? 'result');
  const behaviour = createBehaviourSwitch({
    schema: behaviourSchema,
    writable: WRITABLE_FIELDS,
    fields: BEHAVIOURS,
    given: options.behaviour,
  });
  const store = createBadgeStore<StoredBadge>(
    behaviour.current,
    options.now ?? (() => performance.now()),
  );
  const { badges } = store;
  const alterer = createAlterer(WRITABLE_FIELDS);

  const standIn = await startStandIn({
    port: options.port,
    hostName: options.hostName,
    guard: createGuard(keys, options.requestLimit ?? WINDOW.limit),
    badges: createBadgesInAnswers(envelope),
    behaviour,
    toErrorBody,
    addRoutes(app) {
      addBadgeRoutes(app, { store, behaviour: behaviour.current, alterer }, envelope.wrap);
      addUserRoutes(app, { store, awards }, envelope.wrap);
    },
  });
  const stored = options.badges ?? demoBadges((name) => `${standIn.origin}/pictures/${name}.svg`);
  for (const badge of stored) badges.set(badge._id, badge);
  return {
    ...standIn,
    badges,
    awards,
    keys,
    behaviour: behaviour.current,
    variables: {
      TAG_MANGO_BASE_URL: standIn.origin,
      TAG_MANGO_API_KEY: API_KEY,
      TAG_MANGO_WHITELABEL_HOST: WHITELABEL_HOST,
    },
  };
}

/** Counts every request, also rejected ones, in the one window that all callers share. */
function createGuard(keys: ReadonlySet<string>, limit: number) {
  const window = createRateWindow({ ...WINDOW, limit, now: () => performance.now() });
  return async (request: FastifyRequest): Promise<void> => {
    if (!window.admit()) throw new Refusal(429, 'Too many requests');
    const [, key = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!keys.has(key)) throw new Refusal(401, 'Invalid token');
    if (request.headers['x-whitelabel-host'] !== WHITELABEL_HOST) {
      throw new Refusal(403, 'Unknown host');
    }
  };
}

function toErrorBody(status: number, message: string): object {
  if (status === 429) return { statusCode: 429, message, success: false };
  const [type, statusMessage] = ERROR_NAMES[status] ?? ['Error', 'ERROR'];
  return { code: status, type, statusMessage, message, success: false };
}

const ERROR_NAMES: Readonly<Record<number, readonly [string, string]>> = {
  400: ['Bad request', 'BAD_REQUEST'],
  401: ['Unauthorized', 'UNAUTHORIZED'],
  403: ['Forbidden', 'FORBIDDEN'],
  404: ['Not found', 'NOT_FOUND'],
};

interface Served {
  store: BadgeStore<StoredBadge>;
  behaviour: Behaviour;
  alterer: Alterer;
}

function addBadgeRoutes(app: FastifyInstance, served: Served, envelope: Envelope['wrap']): void {
  const path = `${EXTERNAL}/gamification/badges`;
  const { store, behaviour, alterer } = served;
  const now = (): string => new Date().toISOString();

  app.get(path, { config: { operation: 'listBadges' } }, () =>
    envelope(store.listed().map((badge) => alterer.alter(badge, behaviour.listShows))),
  );
  app.post(path, { config: { operation: 'createBadge' } }, ({ body }, reply) => {
    const given = parse(createSchema, body);
    // Only the required fields, because there was no badge before.
    const before = newBadge(randomBytes(12).toString('hex'), { name: given.name }, now());
    const badge: StoredBadge = Object.assign(
      {},
      before,
      alterer.alterGiven(given, behaviour.alters),
    );
    store.write(badge._id, badge);
    return reply.code(201).send(envelope(behaviour.answers === 'before' ? before : badge));
  });
  app.patch<{ Params: { badgeId: string } }>(
    `${path}/:badgeId`,
    { config: { operation: 'updateBadge' } },
    ({ params, body }) => {
      const given = alterer.alterGiven(parse(patchSchema, body), behaviour.alters);
      const before = store.badges.get(params.badgeId);
      if (!before) throw new Refusal(404, 'Badge not found');
      const updated: StoredBadge = Object.assign({}, before, given, { updatedAt: now() });
      store.write(before._id, updated);
      return envelope(behaviour.answers === 'before' ? before : updated);
    },
  );
}

function addUserRoutes(
  app: FastifyInstance,
  { store, awards }: { store: BadgeStore<StoredBadge>; awards: TagMangoStandIn['awards'] },
  envelope: Envelope['wrap'],
): void {
  app.patch<{ Params: { userId: string } }>(
    `${EXTERNAL}/gamification/badges/:userId/assign`,
    { config: { operation: 'assignBadges' } },
    ({ params, body }) => {
      const given = parse(assignBody, body).badges;
      if (!DEMO_USERS.some(({ _id }) => _id === params.userId)) {
        throw new Refusal(404, 'User not found');
      }
      if (!given.every((id) => store.badges.has(id))) throw new Refusal(400, 'Invalid request');
      awards.set(params.userId, new Set([...(awards.get(params.userId) ?? []), ...given]));
      return { message: 'Badges assigned successfully', success: true };
    },
  );
  app.get<{ Querystring: { email?: string; phone?: string } }>(
    `${EXTERNAL}/users/lookup`,
    { config: { operation: 'lookupUser' } },
    ({ query: { email, phone } }) => {
      if (!email && !phone) throw new Refusal(400, 'Invalid request');
      const user = DEMO_USERS.find(
        (each) => (!email || each.email === email) && (!phone || String(each.phone) === phone),
      );
      if (!user) throw new Refusal(404, 'User not found');
      const listed = new Map(store.listed().map((badge) => [badge._id, badge]));
      const held = [...(awards.get(user._id) ?? [])].flatMap((id) => listed.get(id) ?? []);
      const score = { lifetime: 0, month: 0, week: 0 };
      return envelope({
        ...user,
        score,
        leaderboardRank: score,
        badges: held,
        hasGamificationAccess: true,
      });
    },
  );
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'Invalid request');
}

/** The documentation shows all three. */
type EnvelopeKind = 'result' | 'data' | 'bare';

interface Envelope {
  wrap: (payload: unknown) => unknown;
  /** Changes the content of the envelope only. */
  edit: (answer: unknown, edit: (payload: unknown) => unknown) => unknown;
}

const object = z.record(z.string(), z.unknown());

function createEnvelope(kind: EnvelopeKind): Envelope {
  const success = { message: 'Success', success: true };
  switch (kind) {
    case 'result':
      return {
        wrap: (result) => ({ ...success, result, code: 200, statusMessage: 'OK' }),
        edit: (answer, edit) => editField(answer, 'result', edit),
      };
    case 'data':
      return {
        wrap: (data) => ({ ...success, data }),
        edit: (answer, edit) => editField(answer, 'data', edit),
      };
    case 'bare':
      return { wrap: (payload) => payload, edit: (answer, edit) => edit(answer) };
  }
}

function editField(
  holder: unknown,
  field: string,
  edit: (value: unknown) => unknown,
): Record<string, unknown> {
  const fields = object.parse(holder);
  return { ...fields, [field]: edit(fields[field]) };
}

const badgesOfUser: Place = {
  isList: true,
  edit: (user, edit) => editField(user, 'badges', (badges) => badgeList.edit(badges, edit)),
};

function createBadgesInAnswers(envelope: Envelope): BadgesInAnswers {
  return {
    fields: { id: '_id', name: 'name', creator: 'creator' },
    places: {
      listBadges: badgeList,
      createBadge: oneBadge,
      updateBadge: oneBadge,
      lookupUser: badgesOfUser,
    },
    editPayload: envelope.edit,
  };
}

const objectId = z.string().regex(/^[0-9a-f]{24}$/i);

/** The body of a PATCH: any subset of these fields. */
const patchSchema = z
  .strictObject({
    name: z.string().min(1),
    description: z.string(),
    imageUrl: z.string(),
    enableAutomation: z.boolean(),
    pointsThreshold: z.number().nullable(),
    pointCategoryForAutomation: z.string().nullable(),
    automationEnabledMangoes: z.array(objectId),
  })
  .partial();

/** The writable fields. */
const WRITABLE_FIELDS: ReadonlySet<string> = new Set(Object.keys(patchSchema.shape));

/** A POST needs a name. */
const createSchema = patchSchema.required({ name: true });

export interface StoredBadge {
  _id: string;
  creator: string;
  name: string;
  description: string;
  imageUrl: string;
  enableAutomation: boolean;
  pointsThreshold: number | null;
  pointCategoryForAutomation: string | null;
  automationEnabledMangoes: string[];
  createdAt: string;
  updatedAt: string;
}

const DEMO_CREATOR = '6149b1e5612c4e5fd96041d3';
const MANGOES: string[] = ['6659ca9e5f2acb7abfdcd8fd', '665af1205f2acb7abfdd0a11'];

export function newBadge(
  id: string,
  given: z.output<typeof createSchema>,
  at: string,
): StoredBadge {
  const defaults = {
    _id: id,
    creator: DEMO_CREATOR,
    description: '',
    imageUrl: '',
    enableAutomation: false,
    pointsThreshold: null,
    pointCategoryForAutomation: null,
    automationEnabledMangoes: new Array<string>(),
    createdAt: at,
    updatedAt: at,
  };
  return Object.assign(defaults, given);
}

/** Badges of a course creator. `picture` returns the URL of a demo picture. */
function demoBadges(picture: (name: string) => string): StoredBadge[] {
  const points = (pointsThreshold: number) => ({
    enableAutomation: true,
    pointsThreshold,
    pointCategoryForAutomation: 'lifetime',
  });
  return (
    [
      ['6657092c8142bfe0656481bf', 'Hall of Fame', 'Named by the creator, once a year.', {}],
      ['6657092c8142bfe0656481c0', 'Century Club', 'A hundred points.', points(100)],
      [
        '6657092c8142bfe0656481c1',
        'Thousand Points',
        'A thousand points, and counting.',
        points(1000),
      ],
      [
        '6657092c8142bfe0656481c2',
        'Founding Member',
        'Subscribed in the first year.',
        { enableAutomation: true, automationEnabledMangoes: MANGOES },
      ],
      ['6657092c8142bfe0656481c3', 'Course Finisher', 'Watched every lesson to its end.', {}],
      ['6657092c8142bfe0656481c4', 'Workshop Regular', 'Joined ten live workshops.', {}],
      ['6657092c8142bfe0656481c5', 'Quiz Master', 'No wrong answer in a final quiz.', {}],
      [
        '6657092c8142bfe0656481c6',
        'Helping Hand',
        'Fifty answers to questions of others.',
        points(50),
      ],
    ] satisfies [string, string, string, Partial<StoredBadge>][]
  ).map(([id, name, description, rest], index) => {
    const imageUrl = picture(name.toLowerCase().replaceAll(' ', '-'));
    const at = new Date(Date.UTC(2024, 4, 29 + index, 13, 3, 26, 375)).toISOString();
    return newBadge(id, { name, description, imageUrl, ...rest }, at);
  });
}
