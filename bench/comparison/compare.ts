import { type Children, createChildren } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { createSigner, createSigningKey, startIssuer } from '../../test/support/tokens.ts';
import type { Target } from './load.ts';
import { type MeasureOptions, type Measured, type Targets, measure } from './measure.ts';
import { showMeasured } from './report.ts';
import {
  type Service,
  type TargetId,
  readAllBadges,
  startOther,
  startService,
  startStandIns,
  writeWorld,
} from './targets.ts';
import { VARIETY, type Workload, createWorkloads } from './workloads.ts';

export const BADGES_OF_EACH = 500;
const TOKENS_LAST_SECONDS = 3_600;
/** Makes every server compile its code before it is measured, those with tokens too. */
const AT_FIRST = /^(_entities of 10|_entities of (1|10), 50 tokens|badges of 50, full, same page)$/;
const AT_FIRST_MS = 300;

export interface CompareOptions extends MeasureOptions {
  ids: readonly TargetId[];
  /** Of the names of workloads. */
  only: RegExp;
}

/**
 * Every target under every workload; each is shown as soon as it is measured. Those that check tokens come last and
 * take the place of those that check none, so that fewer processes run at once.
 */
export async function compareAll({ ids, only, ...options }: CompareOptions): Promise<Measured[]> {
  const children = createChildren();
  const { variables } = await startStandIns(children, BADGES_OF_EACH);
  const fast = await startService(children, 'fast', variables);
  const edges = await readAllBadges(fast);
  const { tokens, settings } = await createTokens(children);
  const workloads = createWorkloads({ edges, tokens, secret: ROUTER_SECRET });
  const questions = workloads.flatMap((workload) => workload.questions);
  const file = writeWorld(children, { edges, questions });
  const targets = await startTargets(children, ids, { fast, variables, file });
  const measureAll = async (all: readonly Workload[], under: Targets) => {
    for (const workload of all.filter(({ name }) => AT_FIRST.test(name))) {
      const ms = Math.min(AT_FIRST_MS, options.warmUpMs);
      await measure(workload, under, { ...options, rounds: 1, ms });
    }
    for (const workload of all.filter(({ name }) => only.test(name))) {
      const measured = await measure(workload, under, options);
      console.log(showMeasured(measured).join('\n'));
      results.push(measured);
    }
  };
  const results: Measured[] = [];
  await measureAll(
    workloads.filter(({ hasTokens }) => !hasTokens),
    targets,
  );
  await Promise.all([...targets.values()].map(async (target) => target.end('SIGKILL')));
  const checking = await startChecking(children, ids, {
    settings: { ...variables, ...settings },
    file,
  });
  await measureAll(
    workloads.filter(({ hasTokens }) => hasTokens),
    checking,
  );
  children.endAll();
  return results;
}

interface TargetOptions {
  fast: Service;
  variables: Readonly<Record<string, string>>;
  /** Of what the others serve. */
  file: string;
}

async function startTargets(
  children: Children,
  ids: readonly TargetId[],
  { fast, variables, file }: TargetOptions,
): Promise<ReadonlyMap<TargetId, Service>> {
  const targets = new Map<TargetId, Service>();
  for (const id of ids) {
    if (id === 'fast') targets.set(id, fast);
    else if (id === 'full') targets.set(id, await startService(children, id, variables));
    else targets.set(id, await startOther(children, id, file));
  }
  return targets;
}

/** This service with callers that have tokens, and the limit, which checks none. */
async function startChecking(
  children: Children,
  ids: readonly TargetId[],
  { settings, file }: { settings: Readonly<Record<string, string>>; file: string },
): Promise<Targets> {
  const checking = new Map<TargetId, Target>();
  for (const id of ['fast', 'full'] as const) {
    if (ids.includes(id)) checking.set(id, await startService(children, id, settings));
  }
  if (ids.includes('parse')) checking.set('parse', await startOther(children, 'parse', file));
  return checking;
}

async function createTokens(
  children: Children,
): Promise<{ tokens: string[]; settings: Record<string, string> }> {
  const key = await createSigningKey('bench');
  const issuer = await startIssuer([key]);
  children.endWith(() => void issuer.close());
  const sign = createSigner(issuer);
  const exp = Math.floor(Date.now() / 1_000) + TOKENS_LAST_SECONDS;
  const callers = Array.from({ length: VARIETY }, (_, number) => `caller-${number}`);
  const { jwksUrl, issuer: name, audience } = issuer.settings;
  return {
    tokens: await Promise.all(callers.map(async (sub) => sign(key, { claims: { sub, exp } }))),
    settings: { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: name, AUTH_AUDIENCE: audience },
  };
}
