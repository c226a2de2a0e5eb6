/**
 * Promises: nothing is answered fast before the full path has answered the same without an error, and before the fast
 * answer to that very request had the same bytes. A sample is compared again later; a difference ends its use.
 */
import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { NO_STORE } from '../apollo.ts';
import { type Keep, toUtf8Bytes } from '../keep.ts';
import { checkVariables } from '../limits/request-limits.ts';
import { type AnswerCache, type Views, steadyUseOf } from './answer-cache.ts';
import { type EntityFragments, createBadgeFragments } from './fragments.ts';
import { type FullAnswer, type Head, type ContentTypes, type Ready, tap } from './head.ts';
import {
  type EntitiesPlan,
  type PlanKey,
  type Plans,
  type Split,
  flatten,
  hasCanonical,
  planEntities,
} from './plans.ts';
import {
  type AskedQuery,
  NotAtHand,
  type QueryOptions,
  type QueryPlan,
  answerQuery,
  planQuery,
} from './query-plan.ts';
import type { Executable } from './render.ts';
import { type SnapshotView, createSnapshotView } from './snapshot-view.ts';

export interface LearnerOptions extends QueryOptions {
  executable: Executable;
  keep: Keep;
  plans: Plans<EntitiesPlan>;
  fragments: EntityFragments;
  queryPlans: Plans<QueryPlan>;
  answers: AnswerCache;
  contentTypes: ContentTypes;
  logger: Logger;
  learningMs?: number | undefined;
}

interface Learner {
  /** Makes a plan for the entities of a body, from the answer that the full path is about to give. */
  watchEntities(response: ServerResponse, head: Head, split: Split): void;
  /** Makes a plan for a query from that answer, and keeps the answer if it was asked for before. */
  watchQuery(response: ServerResponse, head: Head, asked: AskedQuery): void;
  /** Compares with it what the fast path would have answered. */
  compare(response: ServerResponse, head: Head, sample: Sample): void;
}

/** A fast answer that is not sent. */
export interface Sample {
  ready: Ready;
  /** What the fast answer would be now. */
  again: () => Ready | undefined | Promise<Ready | undefined>;
  /** Called if the full path answers something else. */
  refuse: () => void;
}

/** What the full path has answered, and the lists when the request came and when it was answered. */
interface Answered extends Views {
  text: string;
}

interface Again {
  caller: Caller;
  views: Views;
}

/**
 * After so many answers that were not as the plan would have them, a tenant’s requests are not learned from for a while.
 * It may have sent, of a document that others share, variables that no plan is for.
 */
const MAX_TRIES = 3;
const GIVEN_UP_MS = 600_000;
/** Documents of each tenant. */
const MAX_TRIED = 100;
/** Of answers that are rejected for what else is in flight, and for a token that has expired in the meantime. */
const MAY_DIFFER = [503, 401];
const STAYS = 'A document stays on the full path';

export function createLearner(options: LearnerOptions): Learner {
  const { executable, plans, fragments, queryPlans, answers, contentTypes, logger } = options;
  const tries = createTries(options.now);
  const allowance = createAllowance(options.learningMs);

  function learnEntities(head: Head, split: Split, answer: FullAnswer): void {
    if (!contentTypes.note(head, answer) || plans.find(split.key) !== undefined) return;
    const { tenant } = head.caller;
    try {
      const plan = planEntities(executable, split);
      const text = plan && writeEntities(plan, split, tenant);
      // A list that was replaced since is not at hand, which says nothing of the document.
      if (plan && text === undefined) return;
      if (plan && text === toUtf8Bytes(answer.text)) return plans.add(flatten(split.key), plan);
    } catch (err) {
      logger.debug({ err }, STAYS);
    }
    tries.note(split.key, tenant);
  }

  function writeEntities(plan: EntitiesPlan, split: Split, tenant: Tenant): string | undefined {
    try {
      return fragments.answer(plan, split, createSnapshotView(tenant, options));
    } finally {
      fragments.forget(plan);
    }
  }

  function lookAtAll(tenant: Tenant): SnapshotView {
    const view = createSnapshotView(tenant, options);
    tenant.providers.forEach((_, at) => view.see(at));
    return view;
  }

  async function learnQuery({ caller }: Head, asked: AskedQuery, answered: Answered) {
    const { text, ...views } = answered;
    const known = queryPlans.find(asked.key);
    if (known === null || checkVariables(asked.variables).hasInexactNumber) return;
    const plan = known ?? planQuery(executable, asked, createBadgeFragments(options.keep));
    try {
      const written = plan && (await writeAgain(plan, asked, { caller, views }));
      const { tenant } = caller;
      if (!plan || written?.text !== toUtf8Bytes(text)) return tries.note(asked.key, tenant);
      if (!known) queryPlans.add(flatten(asked.key), plan);
      if (answers.isRepeated(plan, asked.parts[1], tenant))
        answers.keep({ body: asked.body, tenant }, written, views);
    } finally {
      if (!queryPlans.find(asked.key)) plan?.fragments.forget();
    }
  }

  /** From lists only that are the same in both views, and without a call to a provider. */
  function writeAgain(plan: QueryPlan, asked: AskedQuery, { caller, views }: Again) {
    const isAtHand = (at: number): boolean => steadyUseOf(at, views) !== undefined;
    const asking = { caller, view: views.after, isAtHand, maySearch: true };
    return answerQuery(plan, asked, { ...options, ...asking });
  }

  return {
    watchEntities(response, head, split) {
      const { tenant } = head.caller;
      if (!hasCanonical(split) || !allowance.hasTime(tenant)) return;
      if (tries.areOver(split.key, tenant)) return;
      tap(response, (answer) => {
        const done = allowance.begin(tenant);
        learnEntities(head, split, answer);
        done();
      });
    },
    watchQuery(response, head, asked) {
      const { tenant } = head.caller;
      const { key } = asked;
      if (!allowance.hasTime(tenant)) return;
      if (tries.areOver(key, tenant) && !queryPlans.find(key)) return;
      const before = lookAtAll(tenant);
      const isStale = tenant.providers.some((_, at) => before.see(at)?.reading.state === 'STALE');
      tap(response, ({ text, ...answer }) => {
        if (!contentTypes.note(head, { text, ...answer }, isStale ? NO_STORE : undefined)) return;
        const after = lookAtAll(tenant);
        // What was just read was not at hand before. The next request for it can be learned from.
        if (!tenant.providers.some((_, at) => steadyUseOf(at, { before, after }))) return;
        const done = allowance.begin(tenant);
        learnQuery(head, asked, { text, before, after })
          .catch((err: unknown) => {
            if (err instanceof NotAtHand) return;
            logger.debug({ err }, STAYS);
            // A plan that is known was right for others: it is these variables that it is not for.
            if (!queryPlans.find(key)) tries.note(key, tenant);
          })
          .finally(done);
      });
    },
    compare(response, { caller: { tenant } }, { ready, again, refuse }) {
      const before = lookAtAll(tenant);
      async function judge(full: FullAnswer): Promise<void> {
        const isSteady = isSameAnswer(ready, await again()) && showsSame(before, lookAtAll(tenant));
        // A caller could otherwise end the use of a document that others share.
        const mayDiffer = MAY_DIFFER.includes(full.status);
        if (!isSteady || mayDiffer || isEqual(ready, full)) return;
        refuse();
        logger.error(
          'A fast answer differs from the full path’s. Its request is not answered fast again',
        );
      }
      tap(response, (full) => {
        judge(full).catch((err: unknown) =>
          logger.error({ err }, 'Internal error of the fast path'),
        );
      });
    },
  };
}

interface Tried {
  times: number;
  /** When it was tried last. */
  at: number;
}

/** Counts, for each tenant by itself, the answers of a document that no plan was learned from. */
function createTries(now: () => number = () => performance.now()) {
  const byTenant = new WeakMap<Tenant, LRUCache<string, Tried>>();
  return {
    /** A list may have been replaced between the two answers, so that once proves nothing. */
    note(key: PlanKey, tenant: Tenant): void {
      const tried = byTenant.get(tenant) ?? new LRUCache({ max: MAX_TRIED });
      const name = nameOf(key);
      const { times, at } = tried.get(name) ?? { times: 0, at: 0 };
      const isOld = now() - at >= GIVEN_UP_MS;
      tried.set(name, { times: isOld ? 1 : times + 1, at: now() });
      byTenant.set(tenant, tried);
    },
    areOver(key: PlanKey, tenant: Tenant): boolean {
      const tried = byTenant.get(tenant)?.get(nameOf(key));
      return tried !== undefined && tried.times >= MAX_TRIES && now() - tried.at < GIVEN_UP_MS;
    },
  };
}

/** Short, so that what is noted keeps no document. */
function nameOf([first, second]: PlanKey): string {
  return hash('sha256', `${first.length} ${first}${second}`, 'base64');
}

/** The time that learning may take for each tenant: a second at first, and a twentieth of the time after that. */
const MAX_MS = 1_000;
const SHARE = 0.05;

/** Limits the time of learning, which takes place outside the fair queue: a tenant may send ever new documents. */
export function createAllowance(maxMs = MAX_MS, now: () => number = () => performance.now()) {
  /** By tenant, when all that was spent is regained. */
  const regainedAt = new WeakMap<Tenant, number>();
  const owedMs = (tenant: Tenant): number =>
    Math.max(0, (regainedAt.get(tenant) ?? 0) - now()) * SHARE;
  return {
    hasTime: (tenant: Tenant): boolean => owedMs(tenant) < maxMs,
    /** Call what it returns at the end of the work. */
    begin(tenant: Tenant): () => void {
      const begun = now();
      return () => {
        const spentMs = owedMs(tenant) + now() - begun;
        regainedAt.set(tenant, now() + spentMs / SHARE);
      };
    },
  };
}

const isSameAnswer = (one: Ready, other: Ready | undefined): boolean =>
  one.text === other?.text && one.cacheControl === other.cacheControl;

/** Whether no list was replaced between the two, not even by one that looks the same. */
function showsSame(before: SnapshotView, after: SnapshotView): boolean {
  const { providers } = before.tenant;
  return providers.every((_, at) => before.see(at)?.identity === after.see(at)?.identity);
}

function isEqual({ text, cacheControl, contentType }: Ready, full: FullAnswer): boolean {
  const { 'cache-control': control, 'content-type': type } = full.headers;
  return text === toUtf8Bytes(full.text) && cacheControl === control && contentType === type;
}
