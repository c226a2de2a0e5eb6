import type { Logger } from '../logger.ts';
import { ProviderError } from '../../http/provider-error.ts';
import { toName } from '../provider-log.ts';
import type { IssuerReport } from './issuer-keys.ts';

/** More would be the same news: the issuer has to look at them all. */
const MAX_KEYS = 10;
/** Beyond this many different answers it is the issuer that changes, and told often enough. */
const MAX_ANSWERS = 20;

/** Lines about the issuer of tokens, without a word of what it wrote. */
export function createIssuerLog(logger: Logger): IssuerReport {
  const told = new Set<string>();
  return {
    outage(error) {
      logger.error(
        toDetails(error),
        'tokens cannot be checked: the keys of their issuer cannot be had',
      );
    },
    delay(error, leftMs) {
      logger.warn(
        { ...toDetails(error), leftMs },
        'The keys of the issuer of tokens cannot be renewed. Those that are held go on to count until they are ten minutes old',
      );
    },
    unusable(keys) {
      if (keys.length === 0 || told.size === MAX_ANSWERS) return;
      const details = { unusableKeys: keys.length, keys: keys.slice(0, MAX_KEYS) };
      const text = JSON.stringify(details);
      if (told.has(text)) return;
      told.add(text);
      logger.warn(
        details,
        'The issuer of tokens publishes keys that cannot be used. Tokens that they signed are refused',
      );
    },
  };
}

/** What the error wraps may quote the issuer. */
function toDetails(error: unknown): object {
  const isOurs = error instanceof ProviderError;
  return {
    reason: isOurs ? `The issuer ${error.message}` : undefined,
    cause: toName(isOurs ? error.cause : error),
  };
}
