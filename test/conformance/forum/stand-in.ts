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
} from '../../../src/sandbox/behaviour.ts';
import { type BadgesInAnswers, badgeList, oneBadge } from '../../../src/sandbox/fault-kinds.ts';
import {
  type ProviderStandIn,
  createRateWindow,
  startStandIn,
} from '../../../src/sandbox/stand-in.ts';

const API_KEY = 'sandbox-forum-key-7Qx2vK9mTz4bRw8Lp3Hs';
const WINDOW_MS = 60_000;
const MEMBERS = ['501', '502'];

const updateSchema = z
  .strictObject({
    name: z.string().min(1),
    description: z.string(),
    image_url: z.string(),
    enabled: z.boolean(),
    grant_limit: z.int().nullable(),
  })
  .partial();
const createSchema = updateSchema.required({ name: true });
const grantSchema = z.strictObject({ user_id: z.int() });
const WRITABLE: ReadonlySet<string> = new Set(Object.keys(updateSchema.shape));

export interface StoredBadge {
  id: number;
  name: string;
  description: string;
  image_url: string;
  enabled: boolean;
  grant_limit: number | null;
  grant_count: number;
}

export interface ForumStandIn extends ProviderStandIn {
  badges: Map<string, StoredBadge>;
}

export interface ForumStandInOptions {
  port?: number;
  badges?: readonly StoredBadge[];
  /** The number of requests in a minute; the provider's 60 if left out. */
  requestLimit?: number;
  /** Milliseconds, for a list that lags. */
  now?: () => number;
}

const payload = z.looseObject({ badges: z.unknown(), badge: z.unknown() }).partial();
const badgesInAnswers: BadgesInAnswers = {
  fields: { id: 'id', name: 'name' },
  places: {
    listBadges: badgeList,
    createBadge: oneBadge,
    updateBadge: oneBadge,
    grantBadge: oneBadge,
  },
  editPayload(answer, edit) {
    const read = payload.parse(answer);
    return 'badges' in read
      ? { ...read, badges: edit(read.badges) }
      : { ...read, badge: edit(read.badge) };
  },
};

interface Served {
  store: BadgeStore<StoredBadge>;
  behaviour: Behaviour;
  alterer: Alterer;
  awards: Map<string, Set<string>>;
}

export async function startForumStandIn(options: ForumStandInOptions = {}): Promise<ForumStandIn> {
  const awards = new Map<string, Set<string>>();
  const keys = new Set([API_KEY]);
  const behaviour = createBehaviourSwitch({
    schema: behaviourSchema,
    writable: WRITABLE,
    fields: BEHAVIOURS,
    given: undefined,
  });
  const now = options.now ?? (() => performance.now());
  const store = createBadgeStore<StoredBadge>(behaviour.current, now);
  const alterer = createAlterer(WRITABLE);
  const served = { store, behaviour: behaviour.current, alterer, awards };
  const standIn = await startStandIn({
    ...(options.port === undefined ? {} : { port: options.port }),
    guard: createGuard(keys, options.requestLimit ?? 60),
    badges: badgesInAnswers,
    behaviour,
    toErrorBody: (_status, message) => ({ error: message }),
    addRoutes(app) {
      addBadgeRoutes(app, served);
      addGrantRoutes(app, served);
    },
  });
  const stored = options.badges ?? demoBadges();
  for (const badge of stored) store.badges.set(String(badge.id), badge);
  return {
    ...standIn,
    badges: store.badges,
    awards,
    keys,
    behaviour: behaviour.current,
    variables: { FORUM_BASE_URL: standIn.origin, FORUM_API_KEY: API_KEY },
  };
}

function createGuard(keys: ReadonlySet<string>, limit: number) {
  const window = createRateWindow({ limit, windowMs: WINDOW_MS, now: () => performance.now() });
  return async ({ headers }: FastifyRequest): Promise<void> => {
    if (!window.admit()) throw new Refusal(429, 'Slow down');
    if (!keys.has(String(headers['x-forum-pass']))) throw new Refusal(401, 'You need a key');
  };
}

type ById = { Params: { id: string; userId: string } };

function addBadgeRoutes(app: FastifyInstance, served: Served): void {
  const { store, behaviour, alterer } = served;
  const at = (operation: string) => ({ config: { operation } });
  const show = (before: StoredBadge, badge: StoredBadge): object => ({
    success: true,
    badge: behaviour.answers === 'before' ? before : badge,
  });

  app.get('/badges', at('listBadges'), () => ({
    success: true,
    badges: store.listed().map((badge) => alterer.alter(badge, behaviour.listShows)),
  }));
  app.post('/badges', at('createBadge'), ({ body }) => {
    const given = parse(createSchema, body);
    const id = 1 + Math.max(0, ...[...store.badges.values()].map((badge) => badge.id));
    const before = toBadge({ id, name: given.name });
    const badge: StoredBadge = Object.assign(
      {},
      before,
      alterer.alterGiven(given, behaviour.alters),
    );
    store.write(String(id), badge);
    return show(before, badge);
  });
  app.put<ById>('/badges/:id', at('updateBadge'), ({ params, body }) => {
    const before = known(store, params.id);
    const given = alterer.alterGiven(parse(updateSchema, body), behaviour.alters);
    const badge: StoredBadge = Object.assign({}, before, given);
    store.write(params.id, badge);
    return show(before, badge);
  });
  app.delete<ById>('/badges/:id', at('deleteBadge'), ({ params }) => {
    store.remove(String(known(store, params.id).id));
    return { success: true };
  });
}

function addGrantRoutes(app: FastifyInstance, { store, behaviour, awards }: Served): void {
  const heldBy = (userId: string): Set<string> => {
    if (!MEMBERS.includes(userId)) throw new Refusal(404, 'No such member');
    const held = awards.get(userId) ?? new Set();
    awards.set(userId, held);
    return held;
  };
  const count = (badge: StoredBadge): StoredBadge => {
    const holders = [...awards.values()].filter((held) => held.has(String(badge.id)));
    const counted = { ...badge, grant_count: holders.length };
    store.write(String(badge.id), counted);
    return counted;
  };

  app.post<ById>(
    '/badges/:id/grants',
    { config: { operation: 'grantBadge' } },
    ({ params, body }) => {
      const before = known(store, params.id);
      heldBy(String(parse(grantSchema, body).user_id)).add(params.id);
      const badge = count(before);
      return { success: true, badge: behaviour.answers === 'before' ? before : badge };
    },
  );
  app.delete<ById>(
    '/badges/:id/grants/:userId',
    { config: { operation: 'revokeBadge' } },
    ({ params }) => {
      heldBy(params.userId).delete(params.id);
      count(known(store, params.id));
      return { success: true };
    },
  );
}

function known({ badges }: BadgeStore<StoredBadge>, id: string): StoredBadge {
  const badge = badges.get(id);
  if (!badge) throw new Refusal(404, 'No such badge');
  return badge;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}

function toBadge(given: Pick<StoredBadge, 'id' | 'name'> & Partial<StoredBadge>): StoredBadge {
  const empty = { description: '', image_url: '', enabled: true, grant_limit: null };
  return { ...empty, grant_count: 0, ...given };
}

function demoBadges(): StoredBadge[] {
  const names = ['Welcomer', 'First Flag', 'Editor', 'Good Answer', 'Famous Topic', 'Regular'];
  return [...names, 'Anniversary', 'Popular Link'].map((name, index) =>
    toBadge({
      id: 12 + index,
      name,
      description: `Given for: ${name.toLowerCase()}.`,
      image_url: `/pictures/${name.toLowerCase().replaceAll(' ', '-')}.svg`,
    }),
  );
}
