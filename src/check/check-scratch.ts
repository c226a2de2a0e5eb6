import type { ScratchBadge as ScratchFields } from '../providers/provider.ts';
import type { Contract } from './contract.ts';
import { type Notes, type ScratchReport, createNotes } from './report.ts';
import {
  type Changed,
  PROBE_LONG_TEXT,
  PROBE_TEXT,
  type ScratchBadge,
  type ScratchOptions,
  type WireRecord,
  createScratchBadge,
  describeNumber,
  describeText,
  describeUrl,
  isNothing,
  toComparableText,
} from './scratch-badge.ts';

export interface Trial {
  badge: ScratchBadge;
  scratch: ScratchFields;
  notes: Notes;
}

/** Tests one behaviour on the badge, and notes the result. */
export type Step = (trial: Trial) => Promise<void>;

const UPDATE = 'updateBadge';
const LIST = 'listBadges';
const AS_STORED = 'as stored';

/** Does the answer show what was sent, and the list what is stored? */
const tryAlterations: Step = async (trial) => {
  const { badge, scratch, notes } = trial;
  const { textField, numberField, urlField, fields } = scratch;
  const number = Number(fields[numberField]) + 4;
  const url = String(fields[urlField]).replace('plain', 'Probe');
  const sent = { ...fields, [textField]: PROBE_TEXT, [numberField]: number, [urlField]: url };
  const changed = await update(trial, sent);
  if (!changed) return;

  notes.saw(UPDATE, 'answers with', changed.answer ?? 'no badge');
  notes.saw(LIST, 'shows an update', toLag(changed));
  compare(trial, changed, {
    texts: [textField, (got) => describeText(PROBE_TEXT, got)],
    numbers: [numberField, (got) => describeNumber(number, got)],
    URLs: [urlField, (got) => describeUrl(url, got)],
  });
  if (!changed.listed) return;
  const again = await badge.reread();
  const isSigned =
    again && toComparableText(again[urlField]) !== toComparableText(changed.listed[urlField]);
  if (isSigned) notes.saw(LIST, 'URLs of two reads', 'differ');
};

/** Is a long text cut when it is stored or listed? */
const tryLongText: Step = async (trial) => {
  const { textField, fields } = trial.scratch;
  const changed = await update(trial, { ...fields, [textField]: PROBE_LONG_TEXT });
  if (!changed) return;
  compare(trial, changed, {
    'long texts': [textField, (got) => describeText(PROBE_LONG_TEXT, got)],
  });
};

/** Does an update reset what it leaves out? */
const tryLeavingOut: Step = async (trial) => {
  const { scratch, notes } = trial;
  const { answered, listed } = trial.badge;
  const required = scratch.requiredFields.map((field) => [field, scratch.fields[field]]);
  const changed = await update(trial, Object.fromEntries(required) as WireRecord);
  if (!changed) return;
  // Compares two answers, or else two lists, because each may show values in its own way.
  const isAnswered = answered !== undefined && changed.answer === 'the new badge';
  const before = isAnswered ? answered : listed;
  const after = isAnswered ? changed.answered : changed.listed;
  if (!before || !after) return;
  const telling = Object.keys(scratch.fields).filter(
    (field) =>
      !scratch.requiredFields.includes(field) && field in after && !isNothing(before[field]),
  );
  const toFate = (field: string): string => {
    if (toComparableText(before[field]) === toComparableText(after[field])) return 'kept';
    return isNothing(after[field]) ? 'reset' : 'changed';
  };
  notes.saw(UPDATE, 'fields left out', toFates(Map.groupBy(telling, toFate)));
};

/** One word if it is the same for all fields. */
function toFates(fates: ReadonlyMap<string, readonly string[]>): string {
  const [[only] = []] = fates;
  if (only === undefined) return 'not shown';
  if (fates.size === 1) return only;
  return [...fates].map(([fate, fields]) => `${fate}: ${fields.join(', ')}`).join('; ');
}

/** What does a field become if null is written to it? */
const tryNulls: Step = async ({ badge, scratch, notes }) => {
  for (const field of scratch.nullFields) {
    const sent = { ...scratch.fields, [field]: null };
    const changed = await badge.update(sent);
    const isRefused = changed.write.error?.kind === 'rejected';
    if (!isRefused) notes.answered(UPDATE, changed.write);
    if (changed.write.error && !isRefused) return;
    const seen = isRefused
      ? 'refused'
      : toCleared(storedBy(changed)?.[field], scratch.fields[field]);
    notes.saw(UPDATE, `null for ${field}`, seen);
  }
};

function toCleared(got: unknown, written: unknown): string {
  if (got === undefined) return 'not shown';
  if (isNothing(got)) return 'cleared';
  return toComparableText(got) === toComparableText(written) ? 'ignored' : 'altered';
}

/** Undefined: the write failed, which was noted. */
async function update({ badge, notes }: Trial, fields: WireRecord): Promise<Changed | undefined> {
  const changed = await badge.update(fields);
  notes.answered(UPDATE, changed.write);
  return changed.write.error ? undefined : changed;
}

/** What the provider stores, as far as it shows it. */
function storedBy({ answer, answered, listed }: Changed): WireRecord | undefined {
  return answer === 'the new badge' ? answered : listed;
}

type Described = Readonly<Record<string, readonly [field: string, (got: unknown) => string]>>;

/** Compares what is stored with what was sent, and what is listed with what is stored. */
function compare({ notes }: Trial, changed: Changed, kinds: Described): void {
  const stored = storedBy(changed);
  const { listed } = changed;
  for (const [kind, [field, describe]] of Object.entries(kinds)) {
    if (stored) notes.saw(UPDATE, `stores ${kind}`, describe(stored[field]));
    if (!stored || !listed || stored === listed) continue;
    const isSame = toComparableText(stored[field]) === toComparableText(listed[field]);
    notes.saw(LIST, `shows ${kind}`, isSame ? AS_STORED : describe(listed[field]));
  }
}

function toLag({ lagMs }: Pick<Changed, 'lagMs'>): string {
  if (lagMs === 0) return 'at once';
  return lagMs === null ? 'not within the waiting time' : `after ${(lagMs / 1_000).toFixed(1)} s`;
}

interface ScratchCheckOptions extends ScratchOptions {
  contract: Contract;
  /** Aborted: the remaining tests are skipped, and the badge is removed. */
  signal: AbortSignal;
}

const STEPS: readonly Step[] = [tryAlterations, tryLongText, tryLeavingOut, tryNulls];

/** Creates a badge, tests on it what reads cannot show, and deletes it if the provider can. */
export async function checkScratch(options: ScratchCheckOptions): Promise<ScratchReport> {
  const { provider, contract, signal } = options;
  const { scratch } = provider.check;
  const badge = createScratchBadge(options);
  const notes = createNotes(provider, contract);
  let isLeft = await create(badge, scratch.fields, notes);
  try {
    for (const step of badge.id === undefined ? [] : STEPS) {
      if (!signal.aborted) await step({ badge, scratch, notes });
    }
  } finally {
    if (badge.id !== undefined && provider.operations.delete) isLeft = await remove(badge, notes);
  }
  const { id, name } = badge;
  return { calls: notes.reports(), left: isLeft ? { id, name } : null };
}

/** Returns whether there may be a badge now. */
async function create(badge: ScratchBadge, fields: WireRecord, notes: Notes): Promise<boolean> {
  const created = await badge.create(fields);
  notes.answered('createBadge', created.write);
  notes.saw('createBadge', 'fields in the answer', toShown(fields, created.answered));
  if (created.list) {
    notes.answered('listBadges', created.list);
    notes.saw('listBadges', 'shows a new badge', toLag(created));
    notes.saw('listBadges', 'fields in the list', toShown(fields, created.listed));
  }
  return created.write.error === undefined || created.write.error.effect === 'unknown';
}

/** Returns whether the badge may still exist. */
async function remove(badge: ScratchBadge, notes: Notes): Promise<boolean> {
  const removed = await badge.remove();
  notes.answered('deleteBadge', removed.write);
  if (removed.list) notes.saw('listBadges', 'shows a deletion', toLag(removed));
  return removed.write.error !== undefined && removed.lagMs === null;
}

function toShown(fields: WireRecord, shown: WireRecord | undefined): string {
  if (!shown) return 'none';
  const hidden = Object.keys(fields).filter((field) => !(field in shown));
  return hidden.length === 0 ? 'all written fields' : `all except ${hidden.join(', ')}`;
}
