import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type Alterer,
  BEHAVIOURS,
  type BadgeStore,
  Refusal,
  createAlterer,
  createBadgeStore,
  createBehaviourSwitch,
  ignoredFields,
} from '../behaviour.ts';
import { type ProviderStandIn, startStandIn } from '../stand-in.ts';
import {
  RETURNING_AI_BEHAVIOURS,
  type ReturningAIBehaviour,
  type StoredBadge,
  WRITABLE_FIELDS,
  badgesInAnswers,
  bodySchema,
  demoBadges,
  returningAIBehaviourSchema,
  toAnswer,
} from './badges.ts';

export interface ReturningAIStandIn extends ProviderStandIn {
  /** By id, including the fields that no answer shows. */
  badges: Map<string, StoredBadge>;
  behaviour: ReturningAIBehaviour;
}

interface ReturningAIStandInOptions {
  port?: number;
  hostName?: string | undefined;
  /** A prefix of the paths in the base URL, as one host of the provider has it. */
  prefix?: string;
  badges?: readonly StoredBadge[];
  behaviour?: Partial<ReturningAIBehaviour>;
  /** Milliseconds, for a list that lags. */
  now?: () => number;
}

const API_KEY = 'sandbox-returning-ai-key';
const INTEGRATION_KEY = 'sandbox-returning-ai-integration-key';
/** A body without defaults for missing fields. */
const sentBody = z.record(z.string(), z.unknown());
const userBody = z.object({ userId: z.string().min(1) });

/** Users by e-mail, for the integration API. */
const DEMO_USERS = new Map([
  ['ada@example.com', { userId: '1102', username: 'ada' }],
  ['grace@example.com', { userId: '1103', username: 'grace' }],
]);

type ById = { Params: { id: string } };

export async function startReturningAIStandIn(
  options: ReturningAIStandInOptions = {},
): Promise<ReturningAIStandIn> {
  const prefix = options.prefix ?? '';
  const awards = new Map<string, Set<string>>();
  const keys = new Set([API_KEY]);
  const behaviour = createBehaviourSwitch({
    schema: returningAIBehaviourSchema,
    writable: WRITABLE_FIELDS,
    fields: { ...RETURNING_AI_BEHAVIOURS, ...BEHAVIOURS },
    given: options.behaviour,
  });
  const store = createBadgeStore<StoredBadge>(
    behaviour.current,
    options.now ?? (() => performance.now()),
  );
  const { badges } = store;
  const served = { store, behaviour: behaviour.current, alterer: createAlterer(WRITABLE_FIELDS) };

  const standIn = await startStandIn({
    port: options.port,
    hostName: options.hostName,
    guard: createGuard(keys),
    badges: badgesInAnswers,
    behaviour,
    toErrorBody: (_status, message, url) =>
      isIntegration(url)
        ? { status: 'error', message }
        : { meta: { success: false, message, devMessage: message } },
    addRoutes(app) {
      addBadgeRoutes(app, prefix, served);
      addUserRoutes(app, prefix, { ...served, awards });
      addIntegrationRoutes(app);
    },
  });
  const stored = options.badges ?? demoBadges((name) => `${standIn.origin}/pictures/${name}.svg`);
  for (const badge of stored) badges.set(badge.id, badge);
  return {
    ...standIn,
    badges,
    awards,
    keys,
    behaviour: behaviour.current,
    variables: {
      RETURNING_AI_BASE_URL: standIn.origin + prefix,
      RETURNING_AI_API_KEY: API_KEY,
      RETURNING_AI_INTEGRATION_BASE_URL: `${standIn.origin}/apis/v1`,
      RETURNING_AI_INTEGRATION_API_KEY: INTEGRATION_KEY,
    },
  };
}

function isIntegration(url: string): boolean {
  return url.startsWith('/apis/');
}

function createGuard(keys: ReadonlySet<string>) {
  return async ({ url, headers }: FastifyRequest): Promise<void> => {
    const isKnown = isIntegration(url)
      ? headers.authorization === `Bearer ${INTEGRATION_KEY}`
      : keys.has(String(headers['x-api-key']));
    if (!isKnown) throw new Refusal(401, 'Missing or invalid API key');
  };
}

interface Served {
  store: BadgeStore<StoredBadge>;
  behaviour: ReturningAIBehaviour;
  alterer: Alterer;
}

function addBadgeRoutes(app: FastifyInstance, prefix: string, served: Served): void {
  const { store, behaviour, alterer } = served;
  const at = (operation: string) => ({ config: { operation } });
  const toShown = (badge: StoredBadge) => toAnswer(badge, behaviour.shows);

  app.get(`${prefix}/badges`, at('listBadges'), () =>
    envelope(
      'Badges have been fetched successfully',
      store.listed().map((badge) => toShown(alterer.alter(badge, behaviour.listShows))),
    ),
  );
  app.post(`${prefix}/badges`, at('createBadge'), ({ body }) => {
    const { badge, before } = toCreated(body, served);
    store.write(badge.id, badge);
    const shown = behaviour.answers === 'before' ? before : badge;
    return envelope('Badge has been created successfully', toShown(shown));
  });
  app.put<ById>(`${prefix}/badges/:id`, at('updateBadge'), ({ params, body }) => {
    const before = known(store.badges, params.id);
    const badge = toUpdated(before, body, served);
    store.write(badge.id, badge);
    const shown = behaviour.answers === 'before' ? before : badge;
    return envelope('Badge has been updated successfully', toShown(shown));
  });
  app.delete<ById>(`${prefix}/badges/:id`, at('deleteBadge'), ({ params }) => {
    store.remove(known(store.badges, params.id).id);
    return envelope('Badge has been deleted successfully', []);
  });
}

/** `before` has only the required fields, because there was no badge before. */
function toCreated(
  body: unknown,
  { behaviour, alterer }: Served,
): { badge: StoredBadge; before: StoredBadge } {
  const id = randomUUID();
  const whole = parse(bodySchema, body);
  const before = { ...parse(bodySchema, { title: whole.title, action: whole.action }), id };
  return { badge: { ...before, ...alterer.alterGiven(whole, behaviour.alters), id }, before };
}

function toUpdated(
  before: StoredBadge,
  body: unknown,
  { behaviour, alterer }: Served,
): StoredBadge {
  const whole = parse(bodySchema, body);
  const sent = new Set(Object.keys(parse(sentBody, body)));
  const ignored = new Set(ignoredFields(behaviour.alters));
  const keeps = (field: string): boolean =>
    ignored.has(field) || (behaviour.put === 'merges' && !sent.has(field));
  const kept = Object.entries(before).filter(([field]) => keeps(field));
  const altered = alterer.alterGiven(whole, behaviour.alters);
  return {
    ...whole,
    awarded: whole.awarded ?? before.awarded,
    ...altered,
    ...Object.fromEntries(kept),
    id: before.id,
  };
}

function addUserRoutes(
  app: FastifyInstance,
  prefix: string,
  { store: { badges }, behaviour, awards }: Served & Pick<ReturningAIStandIn, 'awards'>,
): void {
  app.post<ById>(
    `${prefix}/badges/:id/award`,
    { config: { operation: 'awardBadge' } },
    ({ params, body }) => {
      const { userId } = parse(userBody, body);
      const before = awards.get(userId) ?? new Set();
      const held = new Set(before).add(known(badges, params.id).id);
      awards.set(userId, held);
      const shown = behaviour.answers === 'before' ? before : held;
      return envelope(
        'Badge has been rewarded successfully',
        [...shown]
          .flatMap((id) => badges.get(id) ?? [])
          .map((badge) => toAnswer({ ...badge, awarded: true }, behaviour.shows)),
      );
    },
  );
  app.post<ById>(
    `${prefix}/badges/:id/remove`,
    { config: { operation: 'removeBadge' } },
    ({ params, body }) => {
      const { userId } = parse(userBody, body);
      const { id } = known(badges, params.id);
      awards.get(userId)?.delete(id);
      return envelope('Badge has been removed successfully', []);
    },
  );
}

/** A second API of the provider, with its own key and envelope. */
function addIntegrationRoutes(app: FastifyInstance): void {
  const infoBody = z.object({ idOrEmail: z.string().min(1) });
  app.post('/apis/v1/users/info', { config: { operation: 'userInfo' } }, ({ body }) => {
    const { idOrEmail } = parse(infoBody, body);
    const user =
      DEMO_USERS.get(idOrEmail) ??
      [...DEMO_USERS.values()].find(({ userId }) => userId === idOrEmail);
    if (!user) throw new Refusal(404, 'User not found');
    return { status: 'success', data: { ...user, xp: 0, coins: 0, roles: [], customFields: {} } };
  });
}

function envelope(message: string, body: unknown): object {
  return { meta: { success: true, message, devMessage: message }, body };
}

function known(badges: Map<string, StoredBadge>, id: string): StoredBadge {
  const badge = badges.get(id);
  if (!badge) throw new Refusal(404, 'Badge not found');
  return badge;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}
