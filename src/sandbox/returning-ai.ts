import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type Alterer,
  BEHAVIOURS,
  type BadgeStore,
  Refusal,
  behaviourSchema,
  createAlterer,
  createBadgeStore,
  createBehaviourSwitch,
  ignoredFields,
} from './behaviour.ts';
import { type BadgesInAnswers, badgeList, oneBadge } from './fault-kinds.ts';
import { type ProviderStandIn, startStandIn } from './stand-in.ts';

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
  const toShown = (badge: StoredBadge) => toAnswer(badge, byPlace(behaviour.shows).answers);
  const toListed = (badge: StoredBadge) => toAnswer(badge, byPlace(behaviour.shows).lists);

  app.get(`${prefix}/badges`, at('listBadges'), () =>
    envelope(
      'Badges have been fetched successfully',
      store.listed().map((badge) => toListed(alterer.alter(badge, behaviour.listShows))),
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
          .map((badge) => toAnswer({ ...badge, awarded: true }, byPlace(behaviour.shows).lists)),
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

const envelopeSchema = z.looseObject({ body: z.unknown() });

const badgesInAnswers: BadgesInAnswers = {
  fields: { id: 'id', name: 'title' },
  places: {
    listBadges: badgeList,
    createBadge: oneBadge,
    updateBadge: oneBadge,
    awardBadge: badgeList,
  },
  editPayload(answer, edit) {
    const enveloped = envelopeSchema.parse(answer);
    return { ...enveloped, body: edit(enveloped.body) };
  },
};

/** The documented fields of a badge, apart from its id. */
const DOCUMENTED_FIELDS = [
  'title',
  'action',
  'quantity',
  'description',
  'attachRequired',
  'awarded',
  'image',
] as const;

/** All fields that an answer may show apart from the id: thirteen writable ones, and one of a user. */
const SHOWN_FIELDS = [
  ...DOCUMENTED_FIELDS,
  'darkImage',
  'lightImage',
  'enabledDarkAndLight',
  'award',
  'awardCurrency',
  'awardXpQuantity',
  'awardCurrencyQuantity',
] as const;
type ShownField = (typeof SHOWN_FIELDS)[number];

/** The documented fields, the thirteen writable ones and `awarded`, or the given ones; always with the id. */
const shownSchema = z.union([z.enum(['documented', 'all']), z.array(z.enum(SHOWN_FIELDS))]);
type Shown = z.output<typeof shownSchema>;

const returningAIBehaviourSchema = behaviourSchema.extend({
  /** `answers`: to the creation or update of a badge. */
  shows: z
    .union([shownSchema, z.strictObject({ lists: shownSchema, answers: shownSchema })])
    .default('documented'),
  /** Whether a PUT resets omitted fields. */
  put: z.enum(['replaces', 'merges']).default('replaces'),
});
type ReturningAIBehaviour = z.output<typeof returningAIBehaviourSchema>;

export const RETURNING_AI_BEHAVIOURS = {
  shows:
    'which fields Returning.AI shows: documented, all, a list of names, or lists and answers by themselves',
  put: "what Returning.AI's PUT does with omitted fields: replaces, merges",
};

/** The body of a PUT or POST. A PUT resets missing fields to these defaults. */
const bodySchema = z.strictObject({
  title: z.string().min(1),
  action: z.string().min(1),
  quantity: z.int().default(0),
  image: z.string().default(''),
  description: z.string().default(''),
  darkImage: z.string().default(''),
  lightImage: z.string().default(''),
  enabledDarkAndLight: z.boolean().default(false),
  award: z.boolean().default(false),
  awardCurrency: z.boolean().default(false),
  awardXpQuantity: z.int().default(0),
  awardCurrencyQuantity: z.int().default(0),
  attachRequired: z.boolean().default(false),
  /** Documented only in an older copy of the provider's page. */
  applied: z.boolean().optional(),
  awarded: z.boolean().optional(),
});

/** Everything that the provider stores of a badge, most of which it never shows. */
export type StoredBadge = z.output<typeof bodySchema> & { id: string };

/** The writable fields: all except the id and that of a user. */
const WRITABLE_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(bodySchema.omit({ applied: true, awarded: true }).shape),
);

/** A badge as an answer shows it, with numbers and booleans as strings. */
export function toAnswer(badge: StoredBadge, shows: Shown): Record<string, string> {
  const texts = Object.fromEntries(
    shownFields(shows).map((field) => [field, String(badge[field] ?? false)]),
  );
  return { ...texts, id: badge.id };
}

function byPlace(shows: ReturningAIBehaviour['shows']): { lists: Shown; answers: Shown } {
  const isByPlace = typeof shows === 'object' && 'lists' in shows;
  return isByPlace ? shows : { lists: shows, answers: shows };
}

function shownFields(shows: Shown): readonly ShownField[] {
  switch (shows) {
    case 'documented':
      return DOCUMENTED_FIELDS;
    case 'all':
      return SHOWN_FIELDS;
    default:
      return shows;
  }
}

/** Badges of a trading community. `picture` returns the URL of a demo picture. */
function demoBadges(picture: (name: string) => string): StoredBadge[] {
  return (
    [
      [
        '84845081-98fd-46f3-96aa-1032174e58a5',
        'Major',
        'One trade on a live account that makes 30%. Send the account statement.',
        {
          quantity: 3,
          attachRequired: true,
          award: true,
          awardCurrency: true,
          awardXpQuantity: 100,
          awardCurrencyQuantity: 100,
        },
      ],
      [
        '0c5f1a52-7f0e-4b8f-9d0a-2f4f6a1c7e01',
        'First Message',
        'Said hello in the lounge.',
        { action: 'messageSent', quantity: 1, award: true, awardXpQuantity: 10 },
      ],
      [
        '1d2e9b7c-30a4-4a5d-8c1b-6e7d8f9a0b02',
        'Thirty-Day Streak',
        'Visited on thirty days in a row.',
        { action: 'visitStreak', quantity: 30, award: true, awardXpQuantity: 150 },
      ],
      [
        '2e7a4c81-5b6d-4f3e-a7c8-9b0d1e2f3a03',
        'Community Champion',
        'Chosen by the moderators for helping newcomers.',
        { award: true, awardCurrency: true, awardXpQuantity: 500, awardCurrencyQuantity: 50 },
      ],
      [
        '3f8b5d92-6c7e-4a4f-b8d9-0c1e2f3a4b04',
        'Chart Analyst',
        'Ten published analyses.',
        { action: 'analysisCreated', quantity: 10, award: true, awardXpQuantity: 200 },
      ],
      [
        '40c96ea3-7d8f-4b50-89ea-1d2f3a4b5c05',
        'Recruiter',
        'Five friends joined by invitation.',
        { action: 'friendReferred', quantity: 5, awardCurrency: true, awardCurrencyQuantity: 100 },
      ],
      [
        '51da7fb4-8e90-4c61-9afb-2e3a4b5c6d06',
        'Verified Trader',
        'Showed a live account statement.',
        { attachRequired: true },
      ],
      [
        '62eb80c5-9fa1-4d72-8b0c-3f4b5c6d7e07',
        'Early Adopter',
        'Here since the first season.',
        {
          enabledDarkAndLight: true,
          darkImage: picture('early-adopter-dark'),
          lightImage: picture('early-adopter-light'),
        },
      ],
    ] as const
  ).map(([id, title, description, rest]) => ({
    ...bodySchema.parse({
      title,
      description,
      action: 'custom',
      image: picture(title.toLowerCase().replaceAll(' ', '-')),
      ...rest,
    }),
    id,
  }));
}
