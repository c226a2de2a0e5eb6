/**
 * Promises: answers `badge` and `badges` from what is kept, or by the plan of their document. An answer is kept only once
 * it is asked for again, so that pages of which no two are alike take nothing from what others share.
 */
import { GraphQLError } from 'graphql';
import { ProviderError } from '../../http/provider-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RejectedRequest } from '../errors.ts';
import type { Head } from './head.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { Plans } from './plans.ts';
import {
  type AskedQuery,
  type QueryOptions,
  type QueryPlan,
  type Written,
  answerQuery,
  readAsked,
} from './query-plan.ts';
import { Unsure } from './render.ts';
import { createSight } from './sight.ts';

/** What a caller sends. */
export interface SentQuery {
  asked: AskedQuery;
  /** Each character is a byte of it. */
  body: string;
}

export interface Queries {
  /** Undefined: it cannot be a query with a plan. */
  read(bytes: Buffer, body: string): SentQuery | undefined;
  /** The answer that is kept. Undefined: there is none, or not from the present lists. */
  find(body: string, head: Head): Answer | undefined;
  /** Undefined: the full path has to answer. */
  make(sent: SentQuery, head: Head): Promise<Answer | undefined>;
  /** Whether the full path's answer is of use: for a plan, or to be kept. */
  isWanted(sent: SentQuery, head: Head): boolean;
  /** From now on the full path answers such bodies. */
  refuse(sent: SentQuery, head: Head): void;
}

type Answer = Pick<Written, 'text' | 'cacheControl' | 'countedBytes'>;

interface QueriesOptions extends QueryOptions {
  plans: Plans<QueryPlan>;
  answers: KeptAnswers;
  logger: Logger;
}

export function createQueries(options: QueriesOptions): Queries {
  const { plans, answers, logger } = options;

  function refuse({ asked, body }: SentQuery, { caller }: Head): void {
    plans.refuse(asked.key);
    answers.drop({ body, tenant: caller.tenant });
  }

  return {
    read(bytes, body) {
      try {
        const asked = readAsked(bytes);
        return asked && { asked, body };
      } catch (err) {
        if (isRefusal(err)) return undefined;
        throw err;
      }
    },
    find(body, { caller }) {
      const sight = createSight(caller.tenant, options);
      const kept = answers.find(body, sight);
      if (!kept) return undefined;
      const { text, countedBytes } = kept;
      return { text, countedBytes, cacheControl: sight.cacheControl() };
    },
    async make(sent, head) {
      const { asked, body } = sent;
      const plan = plans.find(asked.key);
      if (!plan) return undefined;
      const { caller } = head;
      const { tenant } = caller;
      const before = createSight(tenant, options);
      const isAtHand = (at: number): boolean => before.see(at) !== undefined;
      const asking = { caller, sight: before, isAtHand, maySearch: false };
      try {
        const written = await answerQuery(plan, asked, { ...options, ...asking });
        if (answers.isRepeated(plan, asked, tenant))
          answers.keep({ body, tenant }, written, { before, after: createSight(tenant, options) });
        return written;
      } catch (err) {
        if (isRefusal(err)) return undefined;
        refuse(sent, head);
        logger.error({ err }, 'A document cannot be answered fast, and is not tried again');
        return undefined;
      }
    },
    isWanted({ asked }, { caller }) {
      const plan = plans.find(asked.key);
      return plan ? answers.isRepeated(plan, asked, caller.tenant) : plan === undefined;
    },
    refuse,
  };
}

/** What the full path tells the caller of, in its words. */
function isRefusal(error: unknown): boolean {
  const kinds = [Unsure, GraphQLError, ProviderError, RejectedRequest];
  return kinds.some((kind) => error instanceof kind);
}
