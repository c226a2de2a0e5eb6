import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { startStandIn } from '../stand-in.ts';
import type { StandIn } from '../stand-in.ts';
import { badgesInAnswers } from './badges-in-answers.ts';
import { bodySchema, demoBadges, toAnswer } from './badges.ts';
import type { StoredBadge } from './badges.ts';

export interface ReturningAIStandIn extends StandIn {
  /** By id, with the fields that no answer shows. */
  badges: Map<string, StoredBadge>;
  /** Ids of the badges that each user holds, by user id. */
  awards: Map<string, Set<string>>;
  /** The API keys that it takes now. */
  keys: Set<string>;
  variables: Readonly<Record<string, string>>;
}

export interface ReturningAIStandInOptions {
  port?: number;
  /** Part of the base URL, as one of the provider's hosts has it. */
  prefix?: string;
  badges?: readonly StoredBadge[];
}

const API_KEY = 'sandbox-returning-ai-key';
const INTEGRATION_KEY = 'sandbox-returning-ai-integration-key';
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
  const badges = new Map<string, StoredBadge>();
  const awards = new Map<string, Set<string>>();
  const keys = new Set([API_KEY]);

  const standIn = await startStandIn({
    ...(options.port === undefined ? {} : { port: options.port }),
    guard: createGuard(keys),
    badges: badgesInAnswers,
    toErrorBody: (_status, message, url) =>
      isIntegration(url)
        ? { status: 'error', message }
        : { meta: { success: false, message, devMessage: message } },
    addRoutes(app) {
      addBadgeRoutes(app, prefix, badges);
      addUserRoutes(app, prefix, { badges, awards });
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

function addBadgeRoutes(
  app: FastifyInstance,
  prefix: string,
  badges: Map<string, StoredBadge>,
): void {
  const at = (operation: string) => ({ config: { operation } });

  app.get(`${prefix}/badges`, at('listBadges'), () =>
    envelope('Badges have been fetched successfully', [...badges.values()].map(toAnswer)),
  );
  app.post(`${prefix}/badges`, at('createBadge'), ({ body }) => {
    const badge = { ...parse(bodySchema, body), id: randomUUID() };
    badges.set(badge.id, badge);
    return envelope('Badge has been created successfully', toAnswer(badge));
  });
  app.put<ById>(`${prefix}/badges/:id`, at('updateBadge'), ({ params, body }) => {
    const { awarded } = known(badges, params.id);
    const badge = { awarded, ...parse(bodySchema, body), id: params.id };
    badges.set(badge.id, badge);
    return envelope('Badge has been updated successfully', toAnswer(badge));
  });
  app.delete<ById>(`${prefix}/badges/:id`, at('deleteBadge'), ({ params }) => {
    badges.delete(known(badges, params.id).id);
    return envelope('Badge has been deleted successfully', []);
  });
}

function addUserRoutes(
  app: FastifyInstance,
  prefix: string,
  { badges, awards }: Pick<ReturningAIStandIn, 'badges' | 'awards'>,
): void {
  app.post<ById>(
    `${prefix}/badges/:id/award`,
    { config: { operation: 'awardBadge' } },
    ({ params, body }) => {
      const { userId } = parse(userBody, body);
      const held = awards.get(userId) ?? new Set();
      awards.set(userId, held.add(known(badges, params.id).id));
      const shown = [...held].flatMap((id) => badges.get(id) ?? []);
      return envelope(
        'Badge has been rewarded successfully',
        shown.map((badge) => ({ ...toAnswer(badge), awarded: 'true' })),
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

/** Another API of the same provider: its own key, its own envelope. */
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
