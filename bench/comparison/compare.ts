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

/** Every target under every workload; each is shown as soon as it is measured. */
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
  const checking = await startChecking(children, targets, { ...variables, ...settings });
  const targetsOf = ({ hasTokens }: Workload): Targets => (hasTokens ? checking : targets);
  for (const workload of workloads.filter(({ name }) => AT_FIRST.test(name))) {
    await measure(workload, targetsOf(workload), { ...options, rounds: 1, ms: AT_FIRST_MS });
  }
  const all: Measured[] = [];
  for (const workload of workloads.filter(({ name }) => only.test(name))) {
    const measured = await measure(workload, targetsOf(workload), options);
    console.log(showMeasured(measured).join('\n'));
    all.push(measured);
  }
  children.endAll();
  return all;
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
): Promise<Targets> {
  const targets = new Map<TargetId, Target>();
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
  targets: Targets,
  settings: Readonly<Record<string, string>>,
): Promise<Targets> {
  const checking = new Map<TargetId, Target>();
  for (const id of ['fast', 'full'] as const) {
    if (targets.has(id)) checking.set(id, await startService(children, id, settings));
  }
  const limit = targets.get('parse');
  return limit ? checking.set('parse', limit) : checking;
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
