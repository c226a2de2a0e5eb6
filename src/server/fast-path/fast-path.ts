/**
 * The fast path answers what routers ask again and again, from snapshots that are at hand, before the framework sees
 * the request. docs/architecture.md draws it.
 *
 * Promises: an answer has the status, headers and bytes that the full path would give, within the same limits; all that
 * is not sure of it goes to the full path whole, as if it had never been looked at.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { AnswerBudget } from '../answers/answer-budget.ts';
import { whenDone } from '../answers/measured-answers.ts';
import { PIECE_CHARACTERS } from '../apollo.ts';
import { type Ahead, type FastPathSettings, toBaseHeaders } from '../connections.ts';
import type { IdentityOptions } from '../identity/authenticate.ts';
import { ANSWER_CAPS } from '../limits/limits.ts';
import type { FairQueue } from '../request.ts';
import { type EntitiesPlan, type Split, splitBody } from './entities-plan.ts';
import { createFragments } from './fragments.ts';
import { type Ready, createManners } from './full-answer.ts';
import { type Head, createReadHead } from './head.ts';
import { createKeep } from './keep.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { type LearnerOptions, createLearner } from './learner.ts';
import { createPlans } from './plans.ts';
import { Unsure, toExecutable } from './render.ts';
import { type Sight, createSight } from './sight.ts';

export interface FastPathOptions extends Pick<LearnerOptions, 'logger' | 'freshMs' | 'now'> {
  /** Undefined: it is off. */
  fastPath?: FastPathSettings | undefined;
  /** Executable, and not used yet. */
  schema: GraphQLSchema;
  identity: IdentityOptions;
  queue: FairQueue;
  /** Of all answers of the process that are not yet sent. */
  budget: AnswerBudget;
  answerMaxBytes?: number;
}

/** Puts the fast path ahead of the framework, unless it is off. */
export function addFastPath(ahead: Ahead[], options: FastPathOptions): void {
  if (options.fastPath) ahead.push(createFastPath(options, options.fastPath));
}

const KEPT_BYTES = 32 * 1024 * 1024;
/** No document without this word has a mutation. One with it may be a query, which the full path answers too. */
const MUTATION = 'mutation';
/** What is counted of an answer while it is made is at most so many times its bytes. */
const COUNTED_PER_BYTE = 8;
const LOG_EVERY_MS = 600_000;

/** A body, each character a byte of it. */
interface Asked {
  body: string;
  /** Undefined: it has no list of representations. */
  split: Split | undefined;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  head: Head;
}

function createFastPath(
  options: FastPathOptions,
  { shadow, keptBytes = KEPT_BYTES, learningMs }: FastPathSettings,
): Ahead {
  const { identity, queue, budget, logger } = options;
  const { answerMaxBytes = ANSWER_CAPS.bytes } = options;
  const mostBytes = Math.min(PIECE_CHARACTERS, answerMaxBytes / COUNTED_PER_BYTE);
  const keep = createKeep(keptBytes);
  const fragments = createFragments(keep);
  const plans = createPlans(keep, fragments);
  const executable = toExecutable(options.schema);
  const answers = createKeptAnswers(keep, executable);
  const manners = createManners();
  const learner = createLearner({
    ...options,
    executable,
    plans,
    fragments,
    answers,
    manners,
    learningMs,
  });
  const readHead = createReadHead(identity);
  const round = createRound();
  /** `requests`: those that could have been answered fast by their head. */
  const counts = { requests: 0, fast: 0 };

  /** Undefined: the full path has to answer. */
  function answer({ body, split }: Asked, head: Head): Ready | undefined {
    const contentType = manners.contentTypeFor(head);
    const plan = split && plans.find(split);
    if (contentType === undefined || plan === null) return undefined;
    const sight = createSight(head.caller.tenant, options);
    const text = split ? plan && writeEntities(plan, split, sight) : answers.answer(body, sight);
    if (text === undefined || text.length > mostBytes) return undefined;
    return { text, cacheControl: sight.cacheControl(), contentType };
  }

  function writeEntities(plan: EntitiesPlan, split: Split, sight: Sight): string | undefined {
    try {
      return fragments.answer(plan, split, sight);
    } catch (err) {
      if (err instanceof Unsure) return undefined;
      plans.refuse(split);
      logger.error({ err }, 'A document cannot be answered fast, and is not tried again');
      return undefined;
    }
  }

  function send({ response, head }: Exchange, { text, cacheControl, contentType }: Ready): void {
    response.writeHead(200, {
      ...toBaseHeaders(head.requestId),
      'cache-control': cacheControl,
      'content-type': contentType,
      'content-length': String(text.length),
    });
    response.end(text, 'latin1');
    if (response.writableLength > 0) holdUnsent(response, head, text.length);
    counts.fast += 1;
  }

  /** A caller who reads slowly takes from what all answers may hold. */
  function holdUnsent(response: ServerResponse, { caller }: Head, bytes: number): void {
    const share = budget.open(caller.tenant.id);
    share.force(bytes);
    whenDone(response, () => share.release());
  }

  function hasRoomFor({ text }: Ready, { caller }: Head): boolean {
    if (budget.heldBytes() === 0) return true;
    return budget.open(caller.tenant.id).hasRoomFor(text.length * COUNTED_PER_BYTE);
  }

  /** Whether it was answered. */
  function tryToAnswer(exchange: Exchange, asked: Asked): boolean {
    const { response, head } = exchange;
    const ready = answer(asked, head);
    if (!ready || !hasRoomFor(ready, head)) {
      learn(exchange, asked);
      return false;
    }
    if (shadow > 0 && Math.random() < shadow) {
      const [again, drop] = [() => answer(asked, head), () => refuse(asked, head)];
      learner.compare(response, head, { ready, again, refuse: drop });
      return false;
    }
    send(exchange, ready);
    return true;
  }

  function learn({ response, head }: Exchange, { body, split }: Asked): void {
    const { tenant } = head.caller;
    if (!split) {
      if (answers.isWanted(body, tenant)) learner.watchAnswer(response, head, body);
    } else if (plans.find(split) === undefined || manners.contentTypeFor(head) === undefined) {
      learner.watchEntities(response, head, split);
    }
  }

  function refuse({ body, split }: Asked, { caller }: Head): void {
    if (split) plans.refuse(split);
    else answers.refuse(body, caller.tenant);
  }

  async function decide(exchange: Exchange, body: Buffer, full: () => void): Promise<void> {
    const { request, response, head } = exchange;
    counts.requests += 1;
    const text = body.toString('latin1');
    const asked = text.includes(MUTATION) ? undefined : { body: text, split: splitBody(text) };
    const isReady = round.hasRoom();
    if (asked && isReady && round.spend(() => tryToAnswer(exchange, asked))) return;
    // Before anything is waited for: a body that has been read to its end cannot be given back.
    request.pause();
    request.unshift(body);
    if (asked && !isReady) {
      await queue.take(head.caller.tenant.id);
      if (response.destroyed) return;
      if (round.spend(() => tryToAnswer(exchange, asked))) return void request.resume();
    }
    full();
  }

  const usage = () => ({ ...keep.usage(), ...counts });
  function report(): void {
    if (counts.requests > 0) logger.info(usage(), 'What the fast path keeps, and has answered');
  }
  const timer = setInterval(report, LOG_EVERY_MS).unref();

  return {
    before: (full) => (request, response) => {
      const head = readHead(request, response);
      if (!head) return full(request, response);
      const exchange = { request, response, head };
      whenWhole(request, head.bytes, (body) => {
        decide(exchange, body, () => full(request, response)).catch((err: unknown) => {
          logger.error({ err }, 'Internal error of the fast path');
          request.destroy();
        });
      });
    },
    usage,
    close() {
      clearInterval(timer);
      report();
    },
  };
}

/** Calls back with all bytes of the body, at the moment at which the last of them arrives. */
function whenWhole(request: IncomingMessage, bytes: number, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let arrived = 0;
  request.on('data', function onData(chunk: Buffer) {
    chunks.push(chunk);
    arrived += chunk.length;
    if (arrived < bytes) return;
    request.off('data', onData);
    const [only] = chunks;
    then(chunks.length === 1 && only ? only : Buffer.concat(chunks));
  });
}

/**
 * Fast answers take no longer than a few milliseconds of one round of the event loop, however many requests arrive
 * together. The others wait for their turn with all other requests.
 */
interface Round {
  /** Whether one more may be answered in this round. */
  hasRoom(): boolean;
  /** Does it and counts its time. */
  spend<T>(work: () => T): T;
}

const MAX_MS = 5;
/** A round is looked at only after so much work: to mark each would cost more than to answer. */
const MARK_MS = 1;

function createRound(now: () => number = () => performance.now()): Round {
  let spentMs = 0;
  let isMarked = false;

  function note(ms: number): void {
    spentMs += ms;
    if (isMarked || spentMs < MARK_MS) return;
    isMarked = true;
    setImmediate(() => {
      spentMs = 0;
      isMarked = false;
    });
  }
  return {
    hasRoom: () => spentMs < MAX_MS,
    spend(work) {
      const begun = now();
      try {
        return work();
      } finally {
        note(now() - begun);
      }
    },
  };
}
