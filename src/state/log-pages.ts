import type { LogEntry } from './state-store.ts';

/** Of the entries that are read at once; one more may be longer. */
export const PAGE_CHARACTERS = 2_000_000;

/** Every entry that `readPage` gives, until a page is not full. */
export async function* inPages(
  limit: number,
  readPage: (after: string | undefined) => Promise<LogEntry[]>,
): AsyncGenerator<LogEntry> {
  let page: LogEntry[] = [];
  do {
    page = await readPage(page.at(-1)?.position);
    yield* page;
  } while (page.length === limit);
}
