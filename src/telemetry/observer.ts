import type { IncomingMessage } from 'node:http';
import type { AttemptEnded } from '../http/provider-http.ts';
import type { BadgeList } from '../providers/badge-list.ts';

/** What an operation asks, as its document says it. One object for each document. */
export interface OperationInfo {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Given by the client: at most 100 letters and underscores, and three digits. Undefined: it has none, or another. */
  readonly name: string | undefined;
  /** Its root field, a name of the schema. `several` if it has several. */
  readonly rootField: string;
}

/** How an answer shows a provider's list, as `sources` of the graph say it. */
export type SourceState = 'FRESH' | 'CACHED' | 'STALE' | 'FAILED';

/** A request to the graph that was answered. What is costly to find out is found out only when it is asked for. */
export interface RequestEnded {
  readonly requestId: string;
  /** Undefined: its document is invalid, or it names no operation of it. */
  readonly operation: OperationInfo | undefined;
  readonly tenant: string;
  /** Of HTTP. */
  readonly status: number;
  /** The codes of all errors of the answer, each once. */
  readonly codes: readonly string[];
  /** Whether the operation was executed: its answer may have errors, but has data. */
  readonly isExecuted: boolean;
  /** From its head to its answer, milliseconds; of a fast answer from the first part of its body. */
  readonly durationMs: number;
  /** How many representations or keys it has. 0 for other operations. */
  readonly batchSize: number;
  /** Whether the fast path has answered it. */
  readonly isFast: boolean;
  readonly writes: readonly WriteEnded[];
  /** The name of the caller. */
  caller(): string;
  /** Calls it with each provider whose list the answer shows, by its enum value. */
  eachSource(tell: (provider: string, state: SourceState) => void): void;
}

/** A request that was rejected before its operation was read. */
export interface RequestRejected {
  readonly requestId: string;
  readonly status: number;
  readonly code: string;
  /** One of a few words, for operators. Undefined: the status and the code say enough. */
  readonly reason?: string | undefined;
}

/** A mutation that has its outcome. */
export interface WriteEnded {
  /** The enum value. Undefined: the input names no provider. */
  readonly provider: string | undefined;
  readonly operation: string;
  /** A value of the enum `BadgeOutcome`, or `DRY_RUN`. */
  readonly outcome: string;
  /** The code of its first user error. */
  readonly code: string | undefined;
}

/** Is told what happens. Each method may be missing; nothing is made for a method that is. */
export interface Observer {
  /** The framework has answered it. */
  readonly requestEnded?: ((request: RequestEnded) => void) | undefined;
  /** The fast path has answered it. `message` is the request of HTTP. */
  readonly requestAnsweredFast?:
    ((request: RequestEnded, message: IncomingMessage) => void) | undefined;
  readonly requestRejected?: ((request: RequestRejected) => void) | undefined;
  readonly attemptEnded?: ((attempt: AttemptEnded, tenant: string) => void) | undefined;
  readonly writeEnded?: ((write: WriteEnded, tenant: string) => void) | undefined;
  /** The audit log has no record of a mutation that was sent. */
  readonly writeUnrecorded?: (() => void) | undefined;
  readonly breakerChanged?: ((change: BreakerChange, tenant: string) => void) | undefined;
  /** A provider's list was read. */
  readonly listRead?: ((provider: string, list: BadgeList) => void) | undefined;
}

export interface BreakerChange {
  provider: string;
  calls: 'reads' | 'writes';
  state: 'open' | 'closed';
}

/** One observer that tells all of them, in this order. */
export function combineObservers(observers: readonly Observer[]): Observer {
  return {
    requestEnded: toAll(observers.map(({ requestEnded }) => requestEnded)),
    requestAnsweredFast: toAll(observers.map(({ requestAnsweredFast }) => requestAnsweredFast)),
    requestRejected: toAll(observers.map(({ requestRejected }) => requestRejected)),
    attemptEnded: toAll(observers.map(({ attemptEnded }) => attemptEnded)),
    writeEnded: toAll(observers.map(({ writeEnded }) => writeEnded)),
    writeUnrecorded: toAll(observers.map(({ writeUnrecorded }) => writeUnrecorded)),
    breakerChanged: toAll(observers.map(({ breakerChanged }) => breakerChanged)),
    listRead: toAll(observers.map(({ listRead }) => listRead)),
  };
}

type Listener<Told extends readonly unknown[]> = (...told: Told) => void;

/** Undefined: nobody listens. */
function toAll<Told extends readonly unknown[]>(
  listeners: readonly (Listener<Told> | undefined)[],
): Listener<Told> | undefined {
  const [first, ...others] = listeners.filter((listener) => listener !== undefined);
  if (!first || others.length === 0) return first;
  return (...told) => {
    first(...told);
    for (const listener of others) listener(...told);
  };
}
