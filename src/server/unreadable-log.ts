import type { OnUnreadable } from '../badges/writing/stored-record.ts';
import { cutText } from '../http/whole-text.ts';
import type { Logger } from './logger.ts';

/** Beyond this many, further records are told of by one line. */
const MOST_TOLD = 1_000;
const LONGEST_KEY = 500;

/** A line for each stored record that cannot be read, once, with how many there were so far. */
export function createUnreadableLog(logger: Logger, mostTold = MOST_TOLD): OnUnreadable {
  const told = new Set<string>();
  return ({ kind, key, reason }) => {
    const shownKey = cutText(key, LONGEST_KEY).toWellFormed();
    const name = `${kind} ${shownKey}`;
    if (told.has(name) || told.size > mostTold) return;
    told.add(name);
    if (told.size > mostTold) {
      logger.error(
        { unreadableRecords: mostTold },
        'More stored records cannot be read than are told of one by one; look at the store',
      );
      return;
    }
    logger.error(
      { kind, key: shownKey, reason, unreadableRecords: told.size },
      'A stored record cannot be read. It is left where it is, and only what it stands for is unknown',
    );
  };
}
