import type { BadgeList } from '../providers/badge-list.ts';
import type { CircuitBreakerOptions } from '../http/admission.ts';
import { cutText } from '../http/json.ts';
import { ProviderError, type ProviderName } from '../http/provider-error.ts';
import type { AttemptEnded, OnFault, OnWait } from '../http/provider-http.ts';
import type { Logger } from './logger.ts';

// Each function returns a listener that writes log lines about one kind of event. No line contains text of a provider
// or of the issuer of tokens.

/** Logs each failed call. Rejected credentials must be fixed by an operator, and are logged as an error. */
export function createFaultLog(logger: Logger): OnFault {
  return ({ error, attempt, ...call }) => {
    const { kind, effect, provider, message, cause, retryAfterMs } = error;
    const details = {
      provider: provider?.enumValue,
      kind,
      ...(call.method !== 'GET' && { effect }),
      cause: toErrorName(cause),
      retryAfterMs,
      ...call,
      ...(attempt && toAttemptDetails(attempt)),
    };
    const sentence = `${provider?.title ?? 'A provider'} ${message}`;
    if (kind === 'auth-failed') logger.error(details, sentence);
    else logger.warn(details, sentence);
  };
}

function toAttemptDetails({
  operation,
  attempt,
  status,
  durationMs,
  waitedMs,
}: AttemptEnded): object {
  return { operation, attempt, status, durationMs, waitedMs };
}

/** The code of a system error, otherwise the name. A DOMException has a number as its code. */
function toErrorName(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

/** Logs each call that waited for a free slot, or for the provider's rate limit. */
export function createWaitLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): OnWait {
  return (wait) => logger.info({ provider, ...wait }, `A call to ${title} had to wait`);
}

/** Logs each time that calls to a provider are paused or resumed. */
export function createBreakerLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
  calls: 'reads' | 'writes',
): CircuitBreakerOptions['onChange'] {
  return (state, openMs) => {
    const details = { provider, calls };
    if (state === 'closed') logger.info(details, `Calls to ${title} have resumed`);
    else
      logger.warn(
        { ...details, openMs: Math.round(openMs) },
        `Calls to ${title} are paused after repeated failures`,
      );
  };
}

/**
 * Logs each list that could not be refreshed because of an internal error while no request waited for it. Faults of a
 * provider are logged as failed calls.
 */
export function createRenewalLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): (error: unknown) => void {
  return (err) => {
    if (err instanceof ProviderError) return;
    logger.error(
      { provider, err },
      `A list of ${title} could not be refreshed because of an internal error`,
    );
  };
}

/** Logs each change in how a provider's lists deviate from the expected format. */
export function createDriftLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): (list: BadgeList) => void {
  const asExpected = '{}';
  let last = asExpected;
  return (list) => {
    const { droppedRecords, firstMalformedField, ambiguousIds } = list;
    const { unknownFields, unreadableFields } = list;
    const details = {
      ...(droppedRecords > 0 && { droppedRecords, firstMalformedField }),
      ...(ambiguousIds.size > 0 && {
        ambiguousIds: [...ambiguousIds].slice(0, MAX_IDS).map(toPlainId),
      }),
      ...(unknownFields.length > 0 && { unknownFields: unknownFields.map(toPlainName) }),
      ...(Object.keys(unreadableFields).length > 0 && { unreadableFields }),
    };
    const text = JSON.stringify(details);
    if (text === last) return;
    last = text;
    if (text === asExpected)
      logger.info({ provider }, `Lists of ${title} match the expected format again`);
    else
      logger.warn({ provider, ...details }, `Lists of ${title} do not match the expected format`);
  };
}

/** More IDs in one line would not help. */
const MAX_IDS = 10;
const PLAIN_ID = /^[\w-]{1,64}$/;
/** A secret that a provider returns as a field name would have more digits. */
const PLAIN_NAME = /^[A-Za-z_]{1,40}\d{0,2}$/;

/** A malformed ID may contain anything, and may be as long as a response. */
function toPlainId(id: string): string {
  return PLAIN_ID.test(id) ? id : '(invalid ID)';
}

function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : '(invalid name)';
}

/** More keys in one line would not help: the issuer has to check all of them. */
const MAX_KEYS = 10;
/** An issuer with more different key sets than this changes constantly, and has been reported often enough. */
const MAX_KEY_SETS = 20;

/** Logs events about the issuer of tokens. */
export function createIssuerLog(logger: Logger) {
  const logged = new Set<string>();
  return {
    outage(error: unknown): void {
      logger.error(
        toIssuerDetails(error),
        "Tokens cannot be verified, because the issuer's keys are unavailable",
      );
    },
    delay(error: unknown, leftMs: number): void {
      logger.warn(
        { ...toIssuerDetails(error), leftMs },
        'The keys of the token issuer cannot be refreshed. The cached keys remain valid until they are ten minutes old',
      );
    },
    unusable(keys: readonly { position: number; reason: string }[]): void {
      if (keys.length === 0 || logged.size === MAX_KEY_SETS) return;
      const details = { unusableKeys: keys.length, keys: keys.slice(0, MAX_KEYS) };
      const text = JSON.stringify(details);
      if (logged.has(text)) return;
      logged.add(text);
      logger.warn(
        details,
        'The token issuer publishes unusable keys. Tokens signed with them are rejected',
      );
    },
  };
}

/** Omits the cause's message, which may quote the issuer. */
function toIssuerDetails(error: unknown): object {
  const isCall = error instanceof ProviderError;
  return {
    reason: isCall ? `The issuer ${error.message}` : undefined,
    cause: toErrorName(isCall ? error.cause : error),
  };
}

/** Further records are reported together, in one line. */
const MAX_RECORDS = 1_000;
/** In UTF-16 units. */
const MAX_KEY_LENGTH = 500;

/** Logs each unreadable stored record once, with the number of such records so far. */
export function createUnreadableLog(
  logger: Logger,
  maxRecords = MAX_RECORDS,
): (record: { kind: string; key: string; reason: string }) => void {
  const logged = new Set<string>();
  return ({ kind, key, reason }) => {
    const shownKey = cutText(key, MAX_KEY_LENGTH).toWellFormed();
    const name = `${kind} ${shownKey}`;
    if (logged.has(name) || logged.size > maxRecords) return;
    logged.add(name);
    if (logged.size > maxRecords) {
      logger.error(
        { unreadableRecords: maxRecords },
        'Too many stored records cannot be read to log each one. Check the store',
      );
      return;
    }
    logger.error(
      { kind, key: shownKey, reason, unreadableRecords: logged.size },
      'A stored record cannot be read. It is kept, and is treated as missing',
    );
  };
}
