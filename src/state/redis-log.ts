import { PAGE_CHARACTERS, inPages } from './log-pages.ts';
import type { Reach } from './redis-reach.ts';
import type { LogEntry, StateStore } from './state-store.ts';

const PAGE = 100;
/** So many are read before it is known how long they are. */
const FEW = 5;
/** Nothing is older than a position that another store gave, or nobody. */
const POSITION = /^[1-9]\d{0,15}-\d{1,16}$/;

/**
 * With ARGV[1] set, the first key is one to close: nothing is added unless it was there. The other keys are logs, each
 * with its entry in the argument at its own place. What fails here fails before anything is written. A further log
 * whose place something else has taken does without the entry.
 */
const APPEND = `
  local first = 1
  if ARGV[1] == '1' then
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    first = 2
  end
  redis.call('XADD', KEYS[first], '*', 'entry', ARGV[first + 1])
  if first == 2 then redis.call('DEL', KEYS[1]) end
  for index = first + 1, #KEYS do
    local kind = redis.call('TYPE', KEYS[index]).ok
    if kind == 'stream' or kind == 'none' then
      redis.call('XADD', KEYS[index], '*', 'entry', ARGV[index + 1])
    end
  end
  return 1
`;

export type Logs = Pick<StateStore, 'append' | 'readBackward' | 'readForward'>;

/** Each log is a stream, each entry one field of it. */
export function createRedisLogs(
  reach: Reach,
  { toKey, toValueKey }: Record<'toKey' | 'toValueKey', (name: string) => string>,
): Logs {
  return {
    async append(logs, entry, { closing, ownEntries } = {}) {
      const distinct = [...new Set(logs)];
      if (distinct.length === 0) return;
      const streams = distinct.map(toKey);
      const entries = distinct.map((log) => ownEntries?.get(log) ?? entry);
      await reach((client) =>
        client.eval(
          APPEND,
          closing === undefined
            ? { keys: streams, arguments: ['0', ...entries] }
            : { keys: [toValueKey(closing), ...streams], arguments: ['1', '', ...entries] },
        ),
      );
    },

    async readBackward(log, { before, limit }) {
      if (before !== undefined && !POSITION.test(before)) return [];
      const entries: LogEntry[] = [];
      let characters = 0;
      for (let count = Math.min(limit, FEW); count > 0;) {
        const last = entries.at(-1)?.position ?? before;
        const end = last === undefined ? '+' : `(${last}`;
        const page = await reach((client) =>
          client.xRevRange(toKey(log), end, '-', { COUNT: count }),
        );
        const read = toLogEntries(page);
        entries.push(...read);
        characters += read.reduce((sum, { entry }) => sum + entry.length, 0);
        const isLast = read.length < count || characters >= PAGE_CHARACTERS;
        // As many as there is room for if they are as long as these.
        const more = Math.floor(((PAGE_CHARACTERS - characters) * entries.length) / characters);
        count = isLast ? 0 : Math.min(limit - entries.length, Math.max(FEW, more));
      }
      return entries;
    },

    readForward: (log) =>
      inPages(PAGE, async (after) => {
        const start = after === undefined ? '-' : `(${after}`;
        return toLogEntries(
          await reach((client) => client.xRange(toKey(log), start, '+', { COUNT: PAGE })),
        );
      }),
  };
}

function toLogEntries(
  entries: { id: string; message: Record<string, string> }[] | null,
): LogEntry[] {
  return (entries ?? []).map(({ id, message }) => ({ position: id, entry: message.entry ?? '' }));
}
