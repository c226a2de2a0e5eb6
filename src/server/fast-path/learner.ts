/**
 * Promises: nothing is answered fast before the full path has answered the same without an error, and before the fast
 * answer to that very request had the same bytes. A sample is compared again later; a difference ends the plan.
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../telemetry/logger.ts';
import { type EntitiesPlan, type Split, planEntities } from './entities-plan.ts';
import type { Fragments } from './fragments.ts';
import type { Head } from './head.ts';
import { toUtf8Bytes } from './keep.ts';
import type { Plans } from './plans.ts';
import type { Executable } from './render.ts';
import { type FreshTime, createSight } from './sight.ts';
import { type FullAnswer, tap } from './tap.ts';

/** What a fast answer would be sent as. */
export interface Ready {
  text: string;
  cacheControl: string;
  contentType: string;
}

export interface LearnerOptions extends FreshTime {
  executable: Executable;
  plans: Plans;
  fragments: Fragments;
  logger: Logger;
}

export interface Learner {
  /** The content type of answers to such heads. Undefined: none was seen yet. */
  contentTypeFor(head: Head): string | undefined;
  /** Learns from the answer that the full path is about to give. */
  watch(response: ServerResponse, head: Head, split: Split): void;
  /** Compares with that answer what `answer` gives, before and at the moment of it. */
  compare(response: ServerResponse, split: Split, answer: () => Ready | undefined): void;
}

/** All that an answer that may be kept has, in this order. */
const HEADERS = [
  'cache-control',
  'x-content-type-options',
  'x-request-id',
  'content-type',
  'content-length',
];
const MAX_MANNERS = 200;
/** After so many answers that were not as the plan would have them, it is given up. */
const MAX_TRIES = 3;
const MAX_TRIED = 1_000;

export function createLearner(options: LearnerOptions): Learner {
  const { executable, plans, fragments, logger } = options;
  const contentTypes = new LRUCache<string, string>({ max: MAX_MANNERS });
  const tries = new LRUCache<string, number>({ max: MAX_TRIED });

  function learn(head: Head, split: Split, answer: FullAnswer): void {
    const contentType = answer.headers['content-type'];
    if (!isKeepable(answer) || typeof contentType !== 'string') return;
    contentTypes.set(head.manners, contentType);
    if (plans.find(split) !== undefined) return;
    const plan = tryToPlan(split);
    if (plan && isSame(plan, { head, split, answer })) plans.add(plan);
    else giveUp(split);
  }

  /** Undefined: the full path has to answer. */
  function tryToPlan(split: Split): EntitiesPlan | undefined {
    try {
      return planEntities(executable, split);
    } catch (error) {
      logger.debug({ err: error }, 'A document stays on the full path');
      return undefined;
    }
  }

  function isSame(
    plan: EntitiesPlan,
    { head, split, answer }: { head: Head; split: Split; answer: FullAnswer },
  ): boolean {
    try {
      const sight = createSight(head.caller.tenant, options);
      return fragments.answer(plan, split, sight) === toUtf8Bytes(answer.text);
    } catch (error) {
      logger.debug({ err: error }, 'A document stays on the full path');
      return false;
    } finally {
      fragments.forget(plan);
    }
  }

  /** A list may have been replaced between the two, so that once proves nothing. */
  function giveUp(split: Split): void {
    const { body, start, end } = split;
    const hash = createHash('sha256').update(body.slice(0, start)).update(body.slice(end));
    const key = hash.digest('base64');
    const tried = (tries.get(key) ?? 0) + 1;
    tries.set(key, tried);
    if (tried < MAX_TRIES) return;
    tries.delete(key);
    plans.refuse(split);
  }

  return {
    contentTypeFor: ({ manners }) => contentTypes.get(manners),
    watch(response, head, split) {
      tap(response, (answer) => learn(head, split, answer));
    },
    compare(response, split, answer) {
      const before = answer();
      tap(response, (full) => {
        const now = answer();
        const isSteady = before?.text === now?.text && before?.cacheControl === now?.cacheControl;
        if (!now || !isSteady || isEqual(now, full)) return;
        plans.refuse(split);
        logger.error('A fast answer differs from the full path’s. Its document is not used again');
      });
    },
  };
}

function isKeepable({ status, headers }: FullAnswer): boolean {
  const names = Object.keys(headers);
  const isUsual =
    names.length === HEADERS.length && names.every((name, at) => name === HEADERS[at]);
  return (
    status === 200 &&
    isUsual &&
    headers['x-content-type-options'] === 'nosniff' &&
    String(headers['cache-control']).startsWith('private')
  );
}

function isEqual({ text, cacheControl, contentType }: Ready, full: FullAnswer): boolean {
  const { 'cache-control': control, 'content-type': type } = full.headers;
  return text === toUtf8Bytes(full.text) && cacheControl === control && contentType === type;
}
