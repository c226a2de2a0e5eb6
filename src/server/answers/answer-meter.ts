import { GraphQLError } from 'graphql';
import { REQUEST_CAPS, limitError, showCap } from '../limits/limits.ts';
import type { BudgetShare } from './answer-budget.ts';
import type { AnswerSize } from './answer-size.ts';

/** Counts what one answer has while it is made. */
export interface AnswerMeter {
  /** Why the answer is not made any further. Undefined: it is. */
  readonly stopped: GraphQLError | undefined;
  /** Counts a part of the answer. Where it does not fit, tells why, and counts nothing. */
  add(size: AnswerSize): GraphQLError | undefined;
  /** Counts a part that the answer must have. */
  force(size: AnswerSize): void;
  /** Ends the making of the answer, and gives back what it held. */
  stop(reason: GraphQLError): void;
  /** Why an answer of so many bytes cannot be begun. */
  refusalOf(leastBytes: number): GraphQLError | undefined;
}

/** The code of what is refused for what others take, and may be repeated. */
export const OVERLOADED = 'OVERLOADED';
export const RETRY_AFTER_MS = 1_000;

export function createAnswerMeter(share: BudgetShare, mostBytes: number): AnswerMeter {
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
      if (counted.fields + size.fields > REQUEST_CAPS.fields) return tooManyFields();
      if (counted.bytes + size.bytes > mostBytes) return tooManyBytes(mostBytes);
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
      // Without a path the library would make another error, with a stack, for each field that is not made.
      stopped ??= new GraphQLError(message, { extensions, path: [] });
      share.release();
    },
    refusalOf: (leastBytes) => (share.hasRoomFor(leastBytes) ? undefined : overloaded()),
  };
}

function tooManyFields(): GraphQLError {
  return limitError(
    `The response would exceed the limit of ${showCap(REQUEST_CAPS.fields)} fields. Request fewer fields or badges at once.`,
  );
}

function tooManyBytes(most: number): GraphQLError {
  return limitError(
    `The response would exceed the limit of ${showCap(most)} bytes. Request fewer fields or badges at once.`,
  );
}

/** No fault of this request: the same one is answered once others have been sent. */
function overloaded(): GraphQLError {
  return new GraphQLError(
    'Too many response bytes for this tenant are in flight. Read the pending responses, and retry this request later.',
    { extensions: { code: OVERLOADED, retryable: true, retryAfterMs: RETRY_AFTER_MS } },
  );
}
