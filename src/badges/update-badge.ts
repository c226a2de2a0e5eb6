import { ProviderError, badResponse } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-fields.ts';
import { invalid } from '../providers/input-checks.ts';
import type { InputProblem, UpdateInput, UpdatePlan } from '../providers/provider.ts';
import type { BadgesContext } from './context.ts';
import { chooseProvider } from './inputs.ts';
import type { Choice, UpdateBadgeInput } from './inputs.ts';
import { UpdateBadgePayload } from './payloads.ts';
import type { BadgeSource } from './source.ts';
import { requireAccess } from './tenant.ts';
import {
  toConflictError,
  toInputError,
  toNotFoundError,
  toReadFailure,
  toWriteFailure,
} from './user-errors.ts';

/** An update on its way: the steps below take it in turn. */
interface Update extends Choice<UpdateInput> {
  source: BadgeSource;
  /** Where the provider's input stands in the arguments, for user errors. */
  path: string[];
  dryRun: boolean;
}

/** Input checks, lock, fresh read, version, send: in this order, and sent at most once. */
export async function updateBadge(
  context: BadgesContext,
  oneOf: UpdateBadgeInput,
  { dryRun }: { dryRun: boolean },
): Promise<UpdateBadgePayload> {
  const choice = chooseProvider(context.tenant, oneOf);
  if (!choice) return toPayload({ userErrors: [toInputError(['input'], exactlyOne)] });

  const { of, input } = choice;
  const path = ['input', of.provider.key];
  const problems = of.provider.isBadgeId(input.id)
    ? of.provider.checkUpdate(input, { isImageUrl: context.tenant.isImageUrl })
    : [invalid('id', `id cannot be a badge id of ${of.provider.name.title}`)];
  if (problems.length > 0) return refuse(path, problems);

  const update = { ...choice, source: context.sourceOf(of), path, dryRun };
  const lock = [context.tenant.id, of.provider.name.enumValue, input.id].join('/');
  return context.tenant.locks.withLock(lock, () => readAndSend(update));
}

const exactlyOne: InputProblem = {
  code: 'INVALID_INPUT',
  message: 'give exactly one provider',
  field: [],
};

async function readAndSend(update: Update): Promise<UpdateBadgePayload> {
  const { of, input, path, dryRun } = update;
  const read = await readCurrent(update);
  if ('failure' in read) return read.failure;
  const { current } = read;
  if (input.expectedVersion != null && current && input.expectedVersion !== current.version) {
    return toPayload({ badge: current, userErrors: [toConflictError(path, current)] });
  }

  const plan = of.provider.planUpdate(input, current);
  if (plan.changes.length === 0) return unchanged(current, plan);
  if (plan.problems.length > 0) return refuse(path, plan.problems, current);
  if (!current) plan.warnings.push(unreadBefore(plan));
  if (dryRun) return toPayload({ badge: current, changes: plan.changes, warnings: plan.warnings });
  return send(update, plan);
}

/** The badge past every cache. Undefined: unreadable, and the update can do without. */
async function readCurrent({
  of,
  input,
  path,
  source,
}: Update): Promise<{ current: BadgeFields | undefined } | { failure: UpdateBadgePayload }> {
  try {
    const current = (await source.listNew()).value.find(input.id);
    if (current) return { current };
    return { failure: toPayload({ userErrors: [toNotFoundError(path, of.provider)] }) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const canDoWithout = input.expectedVersion == null && of.provider.isCompleteUpdate(input);
    if (canDoWithout && error.kind !== 'not-configured') return { current: undefined };
    return { failure: toPayload({ userErrors: [toReadFailure(of.provider, error)] }) };
  }
}

async function send(update: Update, plan: UpdatePlan): Promise<UpdateBadgePayload> {
  const { of, input, source } = update;
  try {
    const badge = await requireAccess(of).client.updateBadge(input.id, plan.body);
    if (badge.id !== input.id) throw badResponse('answered for another badge');
    source.forgetLists();
    source.remember(badge);
    return toPayload({ badge, changes: plan.changes, warnings: plan.warnings });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.effect !== 'not-sent') source.forgetLists();
    return writeFailed(update, plan, error);
  }
}

async function writeFailed(
  update: Update,
  plan: UpdatePlan,
  error: ProviderError,
): Promise<UpdateBadgePayload> {
  const { of, path } = update;
  if (error.kind === 'conflict') {
    const badge = await reread(update);
    return toPayload({ badge, userErrors: [toConflictError(path, badge)] });
  }
  const badge = error.effect === 'unknown' ? await reread(update) : null;
  return toPayload({
    badge,
    userErrors: [toWriteFailure(of.provider, error, Object.keys(plan.body))],
  });
}

/** What stands after a write of unknown outcome. A failing read leaves that open: the caller hears of the write. */
async function reread({ source, input }: Update): Promise<BadgeFields | null> {
  try {
    return (await source.listNew()).value.find(input.id);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return null;
  }
}

function unchanged(badge: BadgeFields | undefined, plan: UpdatePlan): UpdateBadgePayload {
  const message = 'Every given value stands already; nothing was sent';
  return toPayload({ badge, warnings: [{ code: 'NO_CHANGE', message, fields: plan.givenFields }] });
}

function unreadBefore(plan: UpdatePlan): UpdatePlan['warnings'][number] {
  return {
    code: 'PREVIOUS_VALUES_UNKNOWN',
    message: 'The badge could not be read before the write, so the values before are unknown',
    fields: plan.changes.map(({ field }) => field),
  };
}

function refuse(path: string[], problems: InputProblem[], badge?: BadgeFields): UpdateBadgePayload {
  return toPayload({ badge, userErrors: problems.map((problem) => toInputError(path, problem)) });
}

function toPayload({
  badge = null,
  ...rest
}: {
  badge?: BadgeFields | null | undefined;
} & Partial<Omit<UpdateBadgePayload, 'badge'>>): UpdateBadgePayload {
  const nothing = { changes: [], warnings: [], userErrors: [] };
  return Object.assign(new UpdateBadgePayload(), { badge, ...nothing, ...rest });
}
