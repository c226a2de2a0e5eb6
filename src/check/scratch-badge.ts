import type { ProviderError } from '../http/provider-error.ts';
import type { OperationKind, Provider } from '../providers/provider.ts';
import type { Called, ObservedClient } from './observed-client.ts';

/** A text with something of each kind that services alter. Only texts of the check itself are described in a report. */
export const PROBE_TEXT = '  Ada & <b>Bob</b> "read" 🏆 Ä  ';
/** A long text without anything that is altered for another reason than its length. */
export const PROBE_LONG_TEXT = 'Made by a check of this API. '.repeat(32).trim();

const UNALTERED = 'as sent';

/** How a provider altered a text. `sent` is one of the texts above. */
export function describeText(sent: string, got: unknown): string {
  if (got === sent) return UNALTERED;
  if (typeof got !== 'string') return describeOther(got);
  const kinds = [
    sent.startsWith(' ') && !got.startsWith(' ') && 'trimmed',
    /&(amp|lt|quot|#)/.test(got) && 'HTML escaped',
    sent.includes('<b>') && !/(<|&lt;)b/i.test(got) && 'tags removed',
    sent.includes('🏆') && !got.includes('🏆') && 'emoji removed',
    got === got.toLowerCase() && 'lower-cased',
    isCut(sent, got) && `cut at ${got.length} characters`,
  ].filter((kind) => kind !== false);
  return kinds.length > 0 ? kinds.join(', ') : 'altered';
}

function isCut(sent: string, got: string): boolean {
  const start = got.replace(/(…|\.\.\.)$/, '');
  return start.length < sent.trim().length && sent.toLowerCase().startsWith(start.toLowerCase());
}

export function describeNumber(sent: number, got: unknown): string {
  if (toComparableText(got) === toComparableText(sent)) return UNALTERED;
  const isNumber = !isNothing(got) && Number.isFinite(Number(got));
  return isNumber ? `${sent} became ${Number(got)}` : describeOther(got);
}

export function describeUrl(sent: string, got: unknown): string {
  if (got === sent) return UNALTERED;
  if (typeof got !== 'string' || !URL.canParse(got)) return describeOther(got);
  const [before, after] = [new URL(sent), new URL(got)];
  const kinds = [
    before.host !== after.host && 'at another host',
    before.pathname !== after.pathname && 'with another path',
    before.search !== after.search && 'with another query',
  ].filter((kind) => kind !== false);
  return kinds.length > 0 ? kinds.join(', ') : 'altered';
}

function describeOther(got: unknown): string {
  if (got === undefined) return 'not shown';
  return isNothing(got) ? 'ignored' : 'of another type';
}

/** Whether the value is that of a field that was never written. */
export function isNothing(value: unknown): boolean {
  return ['', 'null', 'undefined', 'false', '0', '[]'].includes(toComparableText(value));
}

/** A value as text, because some providers return numbers and booleans as strings. */
export function toComparableText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

export type WireRecord = Readonly<Record<string, unknown>>;

/** The badge that a check has created: writes to it, each sent once, and what the provider shows of it. */
export interface ScratchBadge {
  /** The name that was written last. */
  readonly name: string;
  /** Undefined: no answer and no list has shown it yet. */
  readonly id: string | undefined;
  /** The badge as the list showed it last. */
  readonly listed: WireRecord | undefined;
  /** The badge as an answer showed it last. */
  readonly answered: WireRecord | undefined;
  /** Reads the list first, so that an existing badge is never taken for this one. */
  create(fields: WireRecord): Promise<Changed>;
  update(fields: WireRecord): Promise<Changed>;
  remove(): Promise<Changed>;
  /** The badge as the list shows it now. */
  reread(): Promise<WireRecord | undefined>;
}

export interface Changed {
  write: Called;
  /** The badge in the answer. */
  answered: WireRecord | undefined;
  /** Null: the write failed, or its answer has no badge. */
  answer: 'the new badge' | 'the old badge' | null;
  /** The last read of the list. Undefined: the write failed, and nothing was read. */
  list: Called | undefined;
  /** The badge in the list. Undefined: it is missing, or does not show the write. */
  listed: WireRecord | undefined;
  /** How long after the write the list showed it, milliseconds. Null: it did not in time. */
  lagMs: number | null;
}

export interface ScratchOptions {
  provider: Provider;
  client: ObservedClient;
  /** The name of the badge without a number. */
  name: string;
  /** How long to wait for the list to show a write, milliseconds. */
  longestLagMs: number;
  now: () => number;
  /** Resolves after this time. */
  pause: (ms: number) => Promise<void>;
  onProgress: (message: string) => void;
}

/** Between reads of the list: few calls, but short lags are noticed. */
const PAUSES_MS = [250, 250, 500, 1_000, 1_000, 2_000, 2_000];
const MAX_PAUSE_MS = 4_000;

export function createScratchBadge(options: ScratchOptions): ScratchBadge {
  const { provider, client, now, onProgress } = options;
  const { operations, check, name: providerName } = provider;
  const { nameField } = check.scratch;
  let { longestLagMs } = options;
  let name = options.name;
  let id: string | undefined;
  let last: WireRecord | undefined;
  let lastAnswered: WireRecord | undefined;
  let writes = 0;
  /** The ids of badges that existed before. */
  let others: ReadonlySet<string | undefined> = new Set();

  /** Finds the badge by its id, or by its name while the id is unknown. */
  function find(json: unknown): WireRecord | undefined {
    const found = recordsIn(json, nameField).find((record) =>
      id === undefined ? isNew(record) : idOf(record, check.idFields) === id,
    );
    id ??= found && idOf(found, check.idFields);
    return found;
  }

  function isNew(record: WireRecord): boolean {
    const isNamed = toComparableText(record[nameField])
      .toLowerCase()
      .includes(options.name.toLowerCase());
    return isNamed && !others.has(idOf(record, check.idFields));
  }

  const list = (): Promise<Called> =>
    client.call('the list of badges', 'query', (own, bounds) => own.listBadges(bounds));

  async function awaitListed(
    isShown: (record: WireRecord | undefined) => boolean,
  ): Promise<Pick<Changed, 'list' | 'listed' | 'lagMs'>> {
    const writtenAt = now();
    for (let reads = 0; ; reads += 1) {
      const askedAt = now();
      const called = await list();
      const record = find(called.json);
      if (!called.error && isShown(record)) {
        last = record;
        return { list: called, listed: record, lagMs: reads === 0 ? 0 : askedAt - writtenAt };
      }
      const pauseMs = PAUSES_MS[reads] ?? MAX_PAUSE_MS;
      if (isLasting(called.error) || now() + pauseMs > writtenAt + longestLagMs) {
        // A list that was too slow once is not waited for again.
        longestLagMs = 0;
        return { list: called, listed: undefined, lagMs: null };
      }
      onProgress(`${providerName.title}: the list does not show the last write yet`);
      await options.pause(pauseMs);
    }
  }

  async function change(
    kind: OperationKind,
    body: object,
    isShown: (record: WireRecord | undefined) => boolean,
  ): Promise<Changed> {
    const operation = operations[kind];
    if (!operation) throw new Error(`${provider.key} has no ${kind}`);
    writes += 1;
    onProgress(`${providerName.title}: write ${writes}, ${kind}`);
    const write = await client.call(`${kind} of a badge`, 'write', (own, bounds) =>
      operation.send(own, { input: { id }, body, found: undefined }, bounds),
    );
    const answered = write.error ? undefined : find(write.json);
    const answer = answered && (isShown(answered) ? 'the new badge' : 'the old badge');
    lastAnswered = answered ?? lastAnswered;
    // An update of unknown outcome is not followed up. Other writes may have left a badge.
    const isDone = !write.error || (write.error.effect === 'unknown' && kind !== 'update');
    const seen = isDone ? await awaitListed(isShown) : NOT_READ;
    return { write, answered, answer: answer ?? null, ...seen };
  }

  return {
    get name() {
      return name;
    },
    get id() {
      return id;
    },
    get listed() {
      return last;
    },
    get answered() {
      return lastAnswered;
    },
    reread: async () => find((await list()).json),
    async create(fields) {
      const { json } = await list();
      others = new Set(recordsIn(json, nameField).map((record) => idOf(record, check.idFields)));
      const body = { ...fields, [nameField]: name };
      return change('create', body, (record) => record !== undefined);
    },
    async update(fields) {
      const before = toComparableText((last ?? lastAnswered)?.[nameField]);
      // Every write has a different name, which shows whether the list includes it.
      const next = `${options.name} ${writes + 1}`;
      const changed = await change(
        'update',
        { ...fields, [nameField]: next },
        (record) => record !== undefined && toComparableText(record[nameField]) !== before,
      );
      if (!changed.write.error) name = next;
      return changed;
    },
    remove: () => change('delete', {}, (record) => record === undefined),
  };
}

/** Whether the error would be the same in half a minute. */
function isLasting(error: ProviderError | undefined): boolean {
  return error !== undefined && ['not-found', 'auth-failed', 'rejected'].includes(error.kind);
}

const NOT_READ = { list: undefined, listed: undefined, lagMs: null };

function idOf(record: WireRecord, idFields: readonly string[]): string | undefined {
  return idFields
    .map((field) => record[field])
    .filter(isId)
    .map(String)[0];
}

function isId(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

/** Envelopes are flatter than this. */
const MAX_LEVELS = 5;

/** Every object with a name, anywhere in a provider's envelope. */
function recordsIn(json: unknown, nameField: string, levels = MAX_LEVELS): WireRecord[] {
  if (levels === 0 || typeof json !== 'object' || json === null) return [];
  if (Array.isArray(json)) {
    return json.flatMap((item) => recordsIn(item, nameField, levels - 1));
  }
  const record = json as WireRecord;
  if (typeof record[nameField] === 'string') return [record];
  return Object.values(record).flatMap((value) => recordsIn(value, nameField, levels - 1));
}
