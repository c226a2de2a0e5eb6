import type { DatabaseSync } from 'node:sqlite';
import { toText, wholeText } from './embedded-database.ts';
import { KEYS_AT_ONCE, endOfRange } from './key-range.ts';

/** One write in so many also removes expired values, and never more than `PURGED_AT_ONCE`. */
const WRITES_PER_PURGE = 100;
const PURGED_AT_ONCE = 500;
/** A clock that is set forward by less shortens what is kept for hours too little to matter. */
const LEAST_CORRECTION_MS = 60_000;

/** A range of the index, however many other keys there are. */
export const KEYS_IN_RANGE = `
  SELECT ${wholeText('key')} FROM state_values
  WHERE key >= :from AND key < :end AND (expires_at IS NULL OR expires_at > :now)
  ORDER BY state_values.key LIMIT ${KEYS_AT_ONCE}`;
/** SQLite puts bytes after every text. */
const AFTER_ALL_TEXTS = new Uint8Array();

export interface ExpiryClocks {
  /** Ms since 1970: what is kept for a while expires while no process runs, too. */
  now: () => number;
  /** Monotonic milliseconds. With them, `now` being set forward makes nothing expire sooner than after its time. */
  monotonic?: () => number;
}

export interface EmbeddedValues {
  read(key: string): string | null;
  /** So many as are read at once of those that begin with `prefix`, from this one on, in order. */
  keys(prefix: string, from: string): string[];
  /** Inside a transaction. */
  write(key: string, value: string | null, ttlMs: number | undefined): void;
}

export function createEmbeddedValues(database: DatabaseSync, clocks: ExpiryClocks): EmbeddedValues {
  const select = database.prepare(
    `SELECT ${wholeText('value')} FROM state_values
     WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)`,
  );
  const upsert = database.prepare(
    `INSERT INTO state_values (key, value, expires_at, written_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value,
       expires_at = excluded.expires_at, written_at = excluded.written_at`,
  );
  const remove = database.prepare('DELETE FROM state_values WHERE key = ?');
  const purge = database.prepare(
    `DELETE FROM state_values
     WHERE key IN (SELECT key FROM state_values WHERE expires_at <= ? LIMIT ${PURGED_AT_ONCE})`,
  );
  const selectKeys = database.prepare(KEYS_IN_RANGE);
  const postpone = database.prepare(
    'UPDATE state_values SET expires_at = expires_at + ? WHERE expires_at IS NOT NULL',
  );
  const { monotonic = clocks.now } = clocks;
  let offset = clocks.now() - monotonic();
  let writes = 0;

  /** A machine that starts with a wrong clock, and corrects it, must not forget what it was given before. */
  function now(): number {
    const time = clocks.now();
    const aheadMs = time - monotonic() - offset;
    offset += aheadMs;
    if (aheadMs >= LEAST_CORRECTION_MS) postpone.run(aheadMs);
    return time;
  }

  return {
    read(key) {
      const row = select.get(key, now());
      return row ? toText(row.value) : null;
    },
    keys(prefix, from) {
      const range = { from, end: endOfRange(prefix) ?? AFTER_ALL_TEXTS, now: now() };
      return selectKeys.all(range).map(({ key }) => toText(key));
    },
    write(key, value, ttlMs) {
      if (writes++ % WRITES_PER_PURGE === 0) purge.run(now());
      if (value === null) remove.run(key);
      else {
        const at = now();
        upsert.run(key, value, ttlMs === undefined ? null : at + ttlMs, at);
      }
    },
  };
}
