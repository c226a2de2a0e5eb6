import { GraphQLError } from 'graphql';
import { OVERLOADED, REQUEST_CAPS, limitError, showCap } from '../limits/limits.ts';
import type { AnswerSize } from './answer-size.ts';

/** What one response holds of the bytes that all responses of the process may have at one time. */
export interface BudgetShare {
  /** Holds this many more bytes and returns true, or returns false if there is no room for them. */
  take(bytes: number): boolean;
  /** Holds them in any case, because the result of a write must be reported. */
  force(bytes: number): void;
  hasRoomFor(bytes: number): boolean;
  /** Returns what it holds, and takes nothing from then on. */
  release(): void;
}

export interface AnswerBudget {
  /** A share for one response. */
  open(tenant: string): BudgetShare;
  /** Bytes of all responses that are being created or sent. */
  heldBytes(): number;
}

/**
 * Limits the bytes of all responses that are being created or sent. A tenant may hold as much as stays free, as
 * switches share their buffer among ports by a dynamic threshold: a single tenant gets at most half of the budget, so
 * that there is room for others whatever it requests.
 */
export function createAnswerBudget(maxBytes: number): AnswerBudget {
  const byTenant = new Map<string, number>();
  let total = 0;

  function hold(tenant: string, bytes: number): void {
    total += bytes;
    const held = (byTenant.get(tenant) ?? 0) + bytes;
    if (held === 0) byTenant.delete(tenant);
    else byTenant.set(tenant, held);
  }
  return {
    heldBytes: () => total,
    open(tenant) {
      let held = 0;
      let isReleased = false;
      const hasRoomFor = (bytes: number): boolean =>
        (byTenant.get(tenant) ?? 0) + bytes <= maxBytes - total - bytes;

      function force(bytes: number): void {
        if (isReleased) return;
        held += bytes;
        hold(tenant, bytes);
      }
      return {
        hasRoomFor,
        force,
        take(bytes) {
          if (isReleased || !hasRoomFor(bytes)) return false;
          force(bytes);
          return true;
        },
        release() {
          isReleased = true;
          hold(tenant, -held);
          held = 0;
        },
      };
    },
  };
}

/** Counts the fields and bytes of one response while it is created. */
export interface AnswerMeter {
  /** Why the response is not created any further. Undefined while it is. */
  readonly stopped: GraphQLError | undefined;
  /** Counts a part of the response. If it does not fit, returns why and counts nothing. */
  add(size: AnswerSize): GraphQLError | undefined;
  /** Counts a part that the response must have. */
  force(size: AnswerSize): void;
  /** Stops the response, and returns what it held to the budget. */
  stop(reason: GraphQLError): void;
  /** Why a response of at least this many bytes cannot be started. Undefined if it can. */
  findOverload(minBytes: number): GraphQLError | undefined;
}

/** When an overloaded request may be retried. */
export const RETRY_AFTER_MS = 1_000;

export function createAnswerMeter(share: BudgetShare, maxBytes: number): AnswerMeter {
  const counted: AnswerSize = { fields: 0, bytes: 0 };
  let stopped: GraphQLError | undefined;

  function count({ fields, bytes }: AnswerSize): void {
    counted.fields += fields;
    counted.bytes += bytes;
  }
  return {
    get stopped() {
      return stopped;
    },
    add(size) {
      if (counted.fields + size.fields > REQUEST_CAPS.fields) {
        return tooLarge(REQUEST_CAPS.fields, 'fields');
      }
      if (counted.bytes + size.bytes > maxBytes) return tooLarge(maxBytes, 'bytes');
      if (!share.take(size.bytes)) return overloaded();
      count(size);
      return undefined;
    },
    force(size) {
      share.force(size.bytes);
      count(size);
    },
    stop(reason) {
      const { message, extensions } = reason;
      // Without a path GraphQL.js would create another error, with a stack, for each field that is left out.
      stopped ??= new GraphQLError(message, { extensions, path: [] });
      share.release();
    },
    findOverload: (minBytes) => (share.hasRoomFor(minBytes) ? undefined : overloaded()),
  };
}

function tooLarge(limit: number, unit: string): GraphQLError {
  return limitError(
    `The response would exceed the limit of ${showCap(limit)} ${unit}. Request fewer fields or badges at once.`,
  );
}

/** The request itself is acceptable: it succeeds once other responses have been sent. */
function overloaded(): GraphQLError {
  return new GraphQLError(
    'Too many response bytes for this tenant are in flight. Read the pending responses, and retry this request later.',
    { extensions: { code: OVERLOADED, retryable: true, retryAfterMs: RETRY_AFTER_MS } },
  );
}
