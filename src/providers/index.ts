import type { Provider } from './provider.ts';
import { returningAI } from './returning-ai/index.ts';
import { tagMango } from './tag-mango/index.ts';

/** Every provider there is; the graph, the configuration and the playground are built from it. */
export const providers: readonly Provider[] = [returningAI, tagMango];

/** The values of the enum `BadgeWarningCode` that every provider shares, with their descriptions. */
const WARNING_CODES = {
  NO_CHANGE: 'The badge already has all the given values. Nothing was sent.',
  HIDDEN_FIELDS_REUSED:
    'Fields that the provider does not show were sent with the values that this service last wrote. Later edits of these fields made elsewhere are lost.',
  HIDDEN_FIELDS_OMITTED:
    'Fields that the provider does not show were omitted, as requested. The provider may have reset them.',
  SHOWN_VALUE_IN_DOUBT:
    'A field that the update does not change is shown in a different form from the one this service wrote, or looks truncated, escaped or signed. The message states which value was sent back.',
  VALUE_ALTERED:
    'The provider stored a different value from the one it was sent. `changes` and the badge show the stored value.',
  ALREADY_HELD:
    'As far as this service knows, the member already has the badge. The request was sent anyway.',
  NOT_RECORDED:
    'The state store was unavailable, so this change is missing from the history and from the remembered values.',
  PREVIOUS_VALUES_UNKNOWN: 'The badge could not be read before the write, so `before` is unknown.',
  OTHER:
    'A warning recorded by a newer version of this service, with a code that this version does not know.',
} as const;

/** All values of the enum, with their descriptions. */
export function warningCodes(): Record<string, string> {
  return Object.assign({}, WARNING_CODES, ...providers.map(({ warnings }) => warnings)) as Record<
    string,
    string
  >;
}
