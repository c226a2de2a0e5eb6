import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { BadgeConnection, BadgeSourceStatus } from '../connection.ts';
import type { BadgeFilter, BadgesArgs } from '../connection.ts';
import type { BadgesContext } from '../context.ts';
import { readCode } from '../error-code.ts';
import { invalidInput } from '../input-error.ts';
import type { OrderField, OrderedBy } from './order.ts';
import { toPage, toPageBounds } from './page.ts';
import type { TenantProvider } from '../tenant.ts';

/** Longer than any name that a person would look for. */
const MAX_NAME_CHARACTERS = 200;

export interface BadgeListing {
  /** Null when no provider that was asked could be read. */
  connection: BadgeConnection | null;
  /** One for each provider that failed. */
  errors: ProviderError[];
}

/** One page of the badges of all providers, whichever of them can be read. */
export async function listBadges(context: BadgesContext, args: BadgesArgs): Promise<BadgeListing> {
  const order: OrderedBy = {
    field: args.orderBy?.field ?? 'NAME',
    direction: args.orderBy?.direction ?? 'ASC',
  };
  const bounds = toPageBounds(args, order);
  if ((args.filter?.nameContains?.length ?? 0) > MAX_NAME_CHARACTERS) {
    throw invalidInput(`nameContains may have ${MAX_NAME_CHARACTERS} characters`);
  }
  const parts = await Promise.all(
    context.tenant.providers.map((of) => readPart(context, of, { filter: args.filter, order })),
  );

  const errors = parts.map(({ error }) => error).filter((error) => error !== undefined);
  const hasAnswer = parts.some(
    ({ status }) => status.state !== 'FAILED' && status.state !== 'SKIPPED',
  );
  if (errors.length > 0 && !hasAnswer) return { connection: null, errors };

  const matching = parts.map(({ badges }) => badges);
  const totalCount = matching.reduce((count, { length }) => count + length, 0);
  const connection = Object.assign(new BadgeConnection(), {
    ...toPage(matching, order, bounds),
    totalCount: errors.length > 0 ? null : totalCount,
    sources: parts.map(({ status }) => status),
  });
  return { connection, errors };
}

interface Part {
  /** In ascending order. */
  badges: readonly BadgeFields[];
  status: BadgeSourceStatus;
  error?: ProviderError;
}

async function readPart(
  context: BadgesContext,
  of: TenantProvider,
  request: { filter: BadgeFilter | null | undefined; order: { field: OrderField } },
): Promise<Part> {
  const provider = of.provider.name.enumValue;
  const isAsked = request.filter?.providers?.includes(provider) ?? true;
  if (!isAsked || !of.access)
    return { badges: [], status: toStatus(provider, { state: 'SKIPPED' }) };
  try {
    const { snapshot, state, failure } = await context.sourceOf(of).list();
    const { nameContains } = request.filter ?? {};
    const badges = await snapshot.value.orderedBy(request.order.field);
    return {
      badges: nameContains ? await snapshot.value.named(badges, nameContains) : badges,
      status: toStatus(provider, {
        state,
        ...(failure instanceof ProviderError && toReason(failure)),
        asOf: new Date(context.tenant.toWallTime(snapshot.asOf)),
        droppedRecords: snapshot.value.droppedRecords,
      }),
    };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const status = toStatus(provider, { state: 'FAILED', ...toReason(error) });
    return { badges: [], status, error };
  }
}

function toReason({ kind, retryAfterMs }: ProviderError) {
  return { code: readCode(kind), retryAfterMs: retryAfterMs ?? null };
}

function toStatus(
  provider: string,
  known: Partial<BadgeSourceStatus> & Pick<BadgeSourceStatus, 'state'>,
): BadgeSourceStatus {
  const nothing = { code: null, retryAfterMs: null, asOf: null, droppedRecords: 0 };
  return Object.assign(new BadgeSourceStatus(), { provider, ...nothing, ...known });
}
