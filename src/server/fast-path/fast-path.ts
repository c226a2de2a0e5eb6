/**
 * The fast path answers what routers ask again and again, from snapshots that are at hand, before the framework sees
 * the request. docs/architecture.md draws it and names its parts, each of which is a file here.
 *
 * Promises: an answer has the status, headers and bytes that the full path would give, within the same limits; all that
 * is not sure of it goes to the full path whole, as if it had never been looked at.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { type MaybePromise, andThen, isPromise } from '../../http/json.ts';
import type {
  Observer,
  OperationInfo,
  RequestEnded,
  SourceState,
} from '../../telemetry/observer.ts';
import type { BudgetShare, ByteBudget } from '../answers/answer-budget.ts';
import { whenDone } from '../answers/measured-answers.ts';
import { PIECE_CHARACTERS } from '../apollo.ts';
import {
  type Ahead,
  type FastPathSettings,
  arrivalOf,
  noteArrival,
  toBaseHeaders,
} from '../connections.ts';
import { type IdentityOptions, actorOf } from '../identity/authenticate.ts';
import type { Keep } from '../keep.ts';
import { ANSWER_CAPS } from '../limits/limits.ts';
import { type FairQueue, createWaiting } from '../request.ts';
import { createAnswerCache } from './answer-cache.ts';
import { createEntityFragments } from './fragments.ts';
import { type Head, type Ready, createContentTypes, createReadHead } from './head.ts';
import { type LearnerOptions, type Sample, createLearner } from './learner.ts';
import { type EntitiesPlan, type Split, createPlans, flatten, splitBody } from './plans.ts';
import { type QueryOptions, type QueryPlan, createQueries } from './query-plan.ts';
import { COUNTED_PER_BYTE, Unsure, toExecutable } from './render.ts';
import { createSnapshotView, isAnyAtHand } from './snapshot-view.ts';

interface FastPathOptions extends QueryOptions, Pick<LearnerOptions, 'logger'> {
  /** Undefined: it is off. */
  fastPath?: FastPathSettings | undefined;
  /** Executable, and not used yet. */
  schema: GraphQLSchema;
  identity: IdentityOptions;
  queue: Pick<FairQueue, 'leaveOut'>;
  /** Of all answers of the process that are not yet sent. */
  budget: ByteBudget;
  /** Of all bodies that are arriving or waiting. */
  bodies: ByteBudget;
  /** Of all documents. */
  keep: Keep;
  answerMaxBytes?: number;
  /** Is told of the requests that are answered here. */
  observer?: Pick<Observer, 'requestAnsweredFast'> | undefined;
}

/** Puts the fast path ahead of the framework, unless it is off. */
export function addFastPath(ahead: Ahead[], options: FastPathOptions): void {
  if (options.fastPath) ahead.push(createFastPath(options, options.fastPath));
}

/** No document without this word has a mutation. One with it may be a query, which the full path answers too. */
const mayMutate = (text: string): boolean => text.includes('mutation');
const LOG_EVERY_MS = 600_000;

interface Asked {
  bytes: Buffer;
  /** The same, each character a byte. */
  body: string;
  /** Undefined: it has no list of representations. */
  split: Split | undefined;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  head: Head;
  /** `performance.now()` when its body arrived, or the first part of it. 0 before. */
  arrivedAt: number;
  /** What it was answered with. */
  sent: Ready | undefined;
}

function createFastPath(options: FastPathOptions, { shadow, learningMs }: FastPathSettings): Ahead {
  const { identity, queue, budget, bodies, keep, logger } = options;
  const { answerMaxBytes = ANSWER_CAPS.bytes } = options;
  const { requestAnsweredFast } = options.observer ?? {};
  const fragments = createEntityFragments(keep, answerMaxBytes);
  const plans = createPlans<EntitiesPlan>(keep, (plan) => fragments.forget(plan));
  const queryPlans = createPlans<QueryPlan>(keep, (plan) => plan.fragments.forget());
  const executable = toExecutable(options.schema);
  const answers = createAnswerCache(keep);
  const queries = createQueries({ ...options, plans: queryPlans, answers });
  const contentTypes = createContentTypes();
  const learner = createLearner({
    ...options,
    executable,
    plans,
    fragments,
    queryPlans,
    answers,
    contentTypes,
    learningMs,
  });
  const readHead = createReadHead(identity);
  const round = createRound({ onSpent: queue.leaveOut });
  /** `requests`: those that could have been answered fast by their head. */
  const counts = { requests: 0, fast: 0 };

  /** Answers a request whose body has arrived, at once or in its turn, or hands it on to the full path. */
  function decide(exchange: Exchange, bytes: Buffer, full: () => void): void {
    const { request } = exchange;
    counts.requests += 1;
    const now = performance.now();
    exchange.arrivedAt = arrivalOf(request, now);
    const body = bytes.toString('latin1');
    const split = splitBody(body);
    // Representations are no part of a document, and to search them takes a twentieth of the time of a hundred.
    const texts = split?.key ?? [body];
    const asked = texts.some(mayMutate) ? undefined : { bytes, body, split };
    const answered = asked && round.hasRoom() ? tryInRound(exchange, asked, now) : undefined;
    if (answered === true) return;
    // Before anything is waited for: a body that has been read to its end cannot be given back.
    request.pause();
    noteArrival(request, exchange.arrivedAt);
    function handOn(): void {
      request.unshift(bytes);
      full();
    }
    const later = asked && (answered ?? tryLater(exchange, asked));
    if (!isPromise(later)) return handOn();
    resumeOrHandOn(request, later, handOn).catch((err: unknown) => fail(request, err));
  }

  function tryLater(exchange: Exchange, asked: Asked): MaybePromise<boolean> {
    const { id } = exchange.head.caller.tenant;
    const share = bodies.open(id);
    // The full path rejects it.
    if (!share.take(asked.bytes.length)) return false;
    return round.later(id, () => {
      share.release();
      return exchange.response.destroyed || tryInRound(exchange, asked, performance.now());
    });
  }

  /** Counts the time that it takes. */
  function tryInRound(exchange: Exchange, asked: Asked, begun: number): MaybePromise<boolean> {
    try {
      const answered = tryToAnswer(exchange, asked);
      return isPromise(answered) ? finish(exchange, round.spendOn(answered)) : answered;
    } finally {
      const ended = performance.now();
      round.note(ended - begun);
      tell(exchange, ended);
    }
  }

  async function finish(exchange: Exchange, answered: Promise<boolean>): Promise<boolean> {
    const isAnswered = await answered;
    tell(exchange, performance.now());
    return isAnswered;
  }

  /** Whether it was answered. */
  function tryToAnswer(exchange: Exchange, asked: Asked): MaybePromise<boolean> {
    const { response, head } = exchange;
    const { split } = asked;
    const again = (): Ready | undefined => answer(asked, head);
    const ready = again();
    if (ready && hasRoomFor(ready, head)) {
      const refuse = (): void => {
        if (split) return plans.refuse(flatten(split.key));
        const query = queries.read(asked.bytes, asked.body);
        if (query) queries.refuse(query, head);
      };
      return deliver(exchange, { ready, again, refuse });
    }
    // Nothing can be answered then, or be learned from what has to be read first.
    if (!isAnyAtHand(head.caller.tenant)) return false;
    if (!split) return tryQuery(exchange, asked);
    if (!contentTypes.find(head) || plans.find(split.key) === undefined)
      learner.watchEntities(response, head, split);
    return false;
  }

  function tryQuery(exchange: Exchange, { bytes, body }: Asked): MaybePromise<boolean> {
    const { response, head } = exchange;
    const query = queries.read(bytes, body);
    if (!query) return false;
    // Before anything is noted of what is asked, so that the answer does not count as one that was asked for twice.
    if (!contentTypes.find(head)) {
      learner.watchQuery(response, head, query);
      return false;
    }
    const again = () => andThen(queries.make(query, head), (answer) => complete(answer, head));
    return andThen(again(), (ready) => {
      if (response.destroyed) return true;
      if (ready && hasRoomFor(ready, head))
        return deliver(exchange, { ready, again, refuse: () => queries.refuse(query, head) });
      if (queries.isWanted(query, head)) learner.watchQuery(response, head, query);
      return false;
    });
  }

  /** Whether it was sent, and not only compared with the full path's. */
  function deliver(exchange: Exchange, sample: Sample): boolean {
    if (shadow > 0 && Math.random() < shadow) {
      learner.compare(exchange.response, exchange.head, sample);
      return false;
    }
    send(exchange, sample.ready);
    return true;
  }

  /** From fragments of entities, or the answer cache. Undefined: the full path has to, or a plan of a query. */
  function answer({ body, split }: Asked, head: Head): Ready | undefined {
    return complete(split ? writeEntities(split, head) : queries.find(body, head), head);
  }

  function writeEntities(split: Split, { caller }: Head): Omit<Ready, 'contentType'> | undefined {
    const plan = plans.find(split.key);
    if (!plan) return undefined;
    try {
      const view = createSnapshotView(caller.tenant, options);
      const text = fragments.answer(plan, split, view);
      if (text === undefined) return undefined;
      const countedBytes = COUNTED_PER_BYTE * text.length;
      const { operation } = plan;
      const cacheControl = view.cacheControl();
      return {
        text,
        countedBytes,
        cacheControl,
        operation,
        batchSize: view.batchSize,
        seen: view,
      };
    } catch (err) {
      if (err instanceof Unsure) return undefined;
      plans.refuse(flatten(split.key));
      logger.error({ err }, 'A document cannot be answered fast, and is not tried again');
      return undefined;
    }
  }

  function complete(answered: Omit<Ready, 'contentType'> | undefined, head: Head) {
    const contentType = contentTypes.find(head);
    if (!answered || contentType === undefined) return undefined;
    const { text, countedBytes, cacheControl, operation, batchSize, seen } = answered;
    if (text.length > PIECE_CHARACTERS || countedBytes > answerMaxBytes) return undefined;
    // To spread the rest takes longer than the rest of this function.
    return { text, countedBytes, cacheControl, operation, batchSize, seen, contentType };
  }

  function hasRoomFor({ countedBytes }: Ready, { caller }: Head): boolean {
    if (budget.heldBytes() === 0) return true;
    return budget.open(caller.tenant.id).hasRoomFor(countedBytes);
  }

  function send(exchange: Exchange, ready: Ready): void {
    const { response, head } = exchange;
    const { text, cacheControl, contentType } = ready;
    // One by one: to spread the first ones takes a twentieth of the time of a small request.
    const headers = toBaseHeaders(head.requestId, cacheControl);
    headers['content-type'] = contentType;
    headers['content-length'] = String(text.length);
    response.writeHead(200, headers);
    response.end(text, 'latin1');
    if (response.writableLength > 0) holdUnsent(response, head, text.length);
    counts.fast += 1;
    exchange.sent = ready;
  }

  /** A caller who reads slowly takes from what all answers may hold. */
  function holdUnsent(response: ServerResponse, { caller }: Head, bytes: number): void {
    const share = budget.open(caller.tenant.id);
    share.force(bytes);
    whenDone(response, () => share.release());
  }

  function tell(exchange: Exchange, endedAt: number): void {
    if (!requestAnsweredFast || !exchange.sent) return;
    requestAnsweredFast(new FastRequestEnded(exchange, exchange.sent, endedAt), exchange.request);
  }

  function fail(request: IncomingMessage, err: unknown): void {
    logger.error({ err }, 'Internal error of the fast path');
    request.destroy();
  }

  const usage = () => ({ ...keep.usage(), ...counts });
  function report(): void {
    if (counts.requests > 0)
      logger.info(usage(), 'What is kept for documents, and was answered fast');
  }
  const timer = setInterval(report, LOG_EVERY_MS).unref();

  return {
    before: (full) => (request, response) => {
      const head = readHead(request, response);
      if (!head) return full(request, response);
      const exchange = { request, response, head, arrivedAt: 0, sent: undefined };
      const handOn = (): void => full(request, response);
      const share = (): BudgetShare => bodies.open(head.caller.tenant.id);
      whenWhole(request, { bytes: head.bytes, share, handOn }, (body) => {
        try {
          decide(exchange, body, handOn);
        } catch (err) {
          fail(request, err);
        }
      });
    },
    usage,
    close() {
      clearInterval(timer);
      report();
    },
  };
}

const NONE: readonly never[] = [];

/** A class, because one is made for each request: closures would take five times the memory. */
class FastRequestEnded implements RequestEnded {
  readonly status = 200;
  readonly codes = NONE;
  readonly writes = NONE;
  readonly isExecuted = true;
  readonly isFast = true;
  readonly durationMs: number;
  readonly #exchange: Exchange;
  readonly #ready: Ready;

  constructor(exchange: Exchange, ready: Ready, endedAt: number) {
    this.#exchange = exchange;
    this.#ready = ready;
    this.durationMs = endedAt - exchange.arrivedAt;
  }

  get requestId(): string {
    return this.#exchange.head.requestId;
  }

  get tenant(): string {
    return this.#exchange.head.caller.tenant.id;
  }

  get operation(): OperationInfo {
    return this.#ready.operation;
  }

  get batchSize(): number {
    return this.#ready.batchSize;
  }

  caller(): string {
    const { head, request } = this.#exchange;
    return head.caller.actor || actorOf(request.headers);
  }

  eachSource(tell: (provider: string, state: SourceState) => void): void {
    this.#ready.seen.eachSource(tell);
  }
}

async function resumeOrHandOn(
  request: IncomingMessage,
  answered: Promise<boolean>,
  full: () => void,
): Promise<void> {
  if (await answered) request.resume();
  else full();
}

interface Arriving {
  /** Of the whole body. */
  bytes: number;
  /** What its parts are counted in until the last of them arrives. */
  share: () => BudgetShare;
  /** Called, with the parts given back, if they take too much or are too many. */
  handOn: () => void;
}

/** The longest body, in packets of the usual size, has fewer. The full path counts those of a body with more. */
const MAX_PARTS = 200;

/** Calls back with all bytes of the body, at the moment at which the last of them arrives. */
function whenWhole(
  request: IncomingMessage,
  { bytes, share, handOn }: Arriving,
  then: (body: Buffer) => void,
): void {
  /** Most bodies come in one part. */
  let earlier: Buffer[] | undefined;
  let held: BudgetShare | undefined;
  let arrived = 0;

  function hold(): BudgetShare {
    const opened = share();
    request.once('close', () => opened.release());
    return opened;
  }
  function end(): void {
    request.off('data', onData);
    held?.release();
  }
  function onData(chunk: Buffer): void {
    arrived += chunk.length;
    if (arrived >= bytes) {
      end();
      return then(earlier ? Buffer.concat([...earlier, chunk]) : chunk);
    }
    noteArrival(request);
    earlier ??= [];
    earlier.push(chunk);
    held ??= hold();
    if (held.take(chunk.length) && earlier.length < MAX_PARTS) return;
    end();
    request.pause();
    // Each by itself, so that none is missing in what the full path counts.
    for (const part of earlier.toReversed()) request.unshift(part);
    handOn();
  }
  request.on('data', onData);
}

/**
 * Fast answers take no longer than a few milliseconds of one round of the event loop, however many requests arrive
 * together. The others are the first ones of the next rounds.
 */
export interface Round {
  /** Whether one more may be answered in this round. */
  hasRoom(): boolean;
  /** Counts the time of one. */
  note(ms: number): void;
  /** Counts the time until it is done. */
  spendOn<T>(work: Promise<T>): Promise<T>;
  /** Does the work, which counts its time, once it has room. */
  later<T>(tenant: string, work: () => MaybePromise<T>): Promise<T>;
}

const MAX_MS = 5;
/** A round is looked at only after so much work: to mark each would cost more than to answer. */
const MARK_MS = 1;

/** `onSpent` is told of the time of each answer, but not of time in which one may have waited. */
export function createRound({ onSpent }: { onSpent: (ms: number) => void }): Round {
  const waiting = createWaiting<() => void>();
  let spentMs = 0;
  let isMarked = false;

  function spend(ms: number): void {
    spentMs += ms;
    if (spentMs >= MARK_MS) mark();
  }
  function mark(): void {
    if (isMarked) return;
    isMarked = true;
    setImmediate(begin);
  }
  function begin(): void {
    spentMs = 0;
    isMarked = false;
    while (spentMs < MAX_MS && !waiting.isEmpty()) waiting.next()?.();
    if (!waiting.isEmpty()) mark();
  }
  return {
    hasRoom: () => spentMs < MAX_MS && waiting.isEmpty(),
    note(ms) {
      onSpent(ms);
      spend(ms);
    },
    async spendOn(work) {
      const begun = performance.now();
      const done = await work;
      // It may have waited for other rounds.
      spend(Math.min(MAX_MS, performance.now() - begun));
      return done;
    },
    later: (tenant, work) =>
      new Promise((resolve) => {
        waiting.add(tenant, () => resolve(toPromise(work)));
        mark();
      }),
  };
}

/** Begins at once; what the work throws rejects. */
async function toPromise<T>(work: () => MaybePromise<T>): Promise<T> {
  return work();
}
