import type { Sandbox } from '../../src/sandbox/index.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { ADA, HALL_OF_FAME, MAJOR, resetStandIns } from '../support/operation-cases.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import { type MutationCall, mutate } from '../support/writing.ts';

/** What the service itself writes, taken from its store, to be damaged. */
export interface Templates {
  /** Of each call: how its key begins, and the texts that stood under it, one after the other. */
  keys: { call: MutationCall; prefix: string; texts: string[] }[];
  /** Of the audit. */
  entries: string[];
  open: string[];
  memories: string[];
}

export const calls: readonly MutationCall[] = [
  { kind: 'update', input: { tagMango: { id: HALL_OF_FAME, name: 'New' } } },
  { kind: 'update', input: { returningAI: { id: MAJOR, ...HIDDEN_VALUES, title: 'New' } } },
  { kind: 'create', input: { tagMango: { name: 'Made' } } },
  { kind: 'create', input: { returningAI: { title: 'Made' } } },
  { kind: 'award', input: { tagMango: { userId: ADA.tagMango, badgeIds: [HALL_OF_FAME] } } },
  { kind: 'revoke', input: { returningAI: { badgeId: MAJOR, user: { email: ADA.email } } } },
  { kind: 'delete', input: { returningAI: { id: MAJOR } } },
];

/** The store, with everything that it is given to keep. */
export function recording(store: StateStore): {
  store: StateStore;
  kept: { key: string; text: string }[];
} {
  const kept: { key: string; text: string }[] = [];
  const note = (key: string, text: string | null): void => {
    if (text !== null) kept.push({ key, text });
  };
  return {
    kept,
    store: {
      ...store,
      async set(key, value, options) {
        note(key, value);
        await store.set(key, value, options);
      },
      async compareAndSet(key, change) {
        note(key, change.value);
        return store.compareAndSet(key, change);
      },
      async append(logs, entry, options) {
        note(`log/${logs[0]}`, entry);
        await store.append(logs, entry, options);
      },
    },
  };
}

/** Makes every kind of record by every kind of call. */
export async function takeTemplates(
  url: string,
  sandbox: Sandbox,
  kept: readonly { key: string; text: string }[],
): Promise<Templates> {
  const keys: Templates['keys'] = [];
  for (const [index, call] of calls.entries()) {
    resetStandIns(sandbox);
    const key = `template-${index}`;
    await mutate(url, { ...call, key });
    const own = kept.filter((each) => each.key.startsWith('key/') && each.key.endsWith(`/${key}`));
    const prefix = own[0]?.key.slice(0, -key.length) ?? '';
    keys.push({ call, prefix, texts: own.map(({ text }) => text) });
  }
  resetStandIns(sandbox);
  const textsOf = (prefix: string) =>
    kept.filter(({ key }) => key.startsWith(prefix)).map(({ text }) => text);
  return {
    keys,
    entries: textsOf('log/audit'),
    open: textsOf('audit-open/'),
    memories: textsOf('hidden/'),
  };
}
