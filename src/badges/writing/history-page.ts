import { createSlices } from '../../http/slices.ts';
import type { LogEntry, StateStore } from '../../state/state-store.ts';
import { readAuditRecord } from './audit.ts';
import type { AuditRecord } from './audit.ts';
import type { OnUnreadable } from './stored-record.ts';

/** An entry has the texts of before and after; a page of long ones ends early. */
const PAGE_CHARACTERS = 1_000_000;
/** How many entries are read for one page: where more of them in a row cannot be read, the page ends among them. */
const MOST_READ = 1_000;
const LEAST_READ = 20;

export interface HistoryPageOptions {
  log: string;
  /** How many readable entries make a page. */
  size: number;
  /** A position; only what is older is read. Null: from the newest on. */
  after: string | null;
  onUnreadable: OnUnreadable;
}

export interface HistoryPage {
  /** Newest first. */
  records: { position: string; record: AuditRecord }[];
  /** How many unreadable entries there are from the start of this page to the start of the next. */
  droppedEntries: number;
  hasNextPage: boolean;
  /** The next page has what is older. Null: no entry belongs to this page. */
  endPosition: string | null;
}

/** A page of the log of one badge, without what cannot be read. */
export async function readHistoryPage(
  store: StateStore,
  { log, size, after, onUnreadable }: HistoryPageOptions,
): Promise<HistoryPage> {
  const records: HistoryPage['records'] = [];
  let droppedEntries = 0;
  let characters = 0;
  let read = 0;
  /** Of the last entry that belongs to this page. */
  let endPosition: string | null = null;

  const slices = createSlices();
  for await (const { position, entry } of readBackward(store, { log, after, size })) {
    await slices.spend(entry.length);
    const reading = readAuditRecord(entry);
    if ('unreadable' in reading) {
      droppedEntries += 1;
      onUnreadable({ kind: 'audit record', key: `${log} ${position}`, reason: reading.unreadable });
    } else {
      characters += entry.length;
      const isFull =
        records.length === size || (records.length > 0 && characters > PAGE_CHARACTERS);
      if (isFull) return { records, droppedEntries, hasNextPage: true, endPosition };
      records.push({ position, record: reading.record });
    }
    endPosition = position;
    read += 1;
    if (read === MOST_READ) return { records, droppedEntries, hasNextPage: true, endPosition };
  }
  return { records, droppedEntries, hasNextPage: false, endPosition };
}

/** The entries of a log, newest first. */
async function* readBackward(
  store: StateStore,
  { log, after, size }: Pick<HistoryPageOptions, 'log' | 'after' | 'size'>,
): AsyncGenerator<LogEntry> {
  const limit = Math.max(size + 1, LEAST_READ);
  let before = after;
  for (;;) {
    const entries = await store.readBackward(log, { limit, ...(before !== null && { before }) });
    yield* entries;
    const last = entries.at(-1);
    if (!last) return;
    before = last.position;
  }
}
