import type { CircuitBreakerOptions } from '../http/admission.ts';
import { ProviderError, type ProviderName } from '../http/provider-error.ts';
import type { OnFault, OnWait } from '../http/provider-http.ts';
import type { BadgeList } from '../providers/provider.ts';
import type { Logger } from './logger.ts';

/** A line for each call that failed. Credentials that the provider refuses are ours to mend, and an error. */
export function createFaultLog(logger: Logger): OnFault {
  return ({ error, ...call }) => {
    const { kind, effect, provider, message, cause, retryAfterMs } = error;
    const details = {
      provider: provider?.enumValue,
      kind,
      ...(call.method !== 'GET' && { effect }),
      cause: toName(cause),
      retryAfterMs,
      ...call,
    };
    const sentence = `${provider?.title ?? 'A provider'} ${message}`;
    if (kind === 'auth-failed') logger.error(details, sentence);
    else logger.warn(details, sentence);
  };
}

/** Errors of the system have a code; others have a number under that name, from older days. */
export function toName(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

/** A line for each call that had to wait for a place, or for the provider's limit. */
export function createWaitLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): OnWait {
  return (wait) => logger.info({ provider, ...wait }, `A call to ${title} had to wait`);
}

/** A line for each time that calls to a provider stop or begin again. */
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

/** A line for each list that a fault of ours kept from being renewed, when nobody was there to be told. What a provider does wrong has its own line. */
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

/** A line for each time that a provider's lists become odd, odd in another way, or as agreed again. */
export function createDriftLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): (list: BadgeList) => void {
  const asAgreed = '{}';
  let last = asAgreed;
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
    if (text === asAgreed)
      logger.info({ provider }, `Lists of ${title} match the expected format again`);
    else
      logger.warn({ provider, ...details }, `Lists of ${title} do not match the expected format`);
  };
}

/** More would be the same news. */
const MAX_IDS = 10;
const PLAIN_ID = /^[\w-]{1,64}$/;
/** A key that a provider gives back as a field would have more digits. */
const PLAIN_NAME = /^[A-Za-z_]{1,40}\d{0,2}$/;

/** What is no id may be anything, and as long as an answer. */
function toPlainId(id: string): string {
  return PLAIN_ID.test(id) ? id : '(invalid ID)';
}

function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : '(invalid name)';
}
