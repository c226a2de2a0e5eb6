import type { ScratchBadge as ScratchFields } from '../providers/provider.ts';
import {
  PROBE_LONG_TEXT,
  PROBE_TEXT,
  describeNumber,
  describeText,
  describeUrl,
  isNothing,
  spell,
} from './altered.ts';
import type { Notes } from './notes.ts';
import type { Changed, ScratchBadge, WireRecord } from './scratch-badge.ts';

export interface Trial {
  badge: ScratchBadge;
  scratch: ScratchFields;
  notes: Notes;
}

/** Tries one thing on the badge, and notes what it saw. */
export type Step = (trial: Trial) => Promise<void>;

const UPDATE = 'updateBadge';
const LIST = 'listBadges';
const AS_STORED = 'as stored';

/** Does the answer show what was sent? And the list what is stored? */
export const tryAlterations: Step = async (trial) => {
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
  const isSigned = again && spell(again[urlField]) !== spell(changed.listed[urlField]);
  if (isSigned) notes.saw(LIST, 'URLs of two reads', 'differ');
};

/** Is a long text cut, when it is stored or when it is listed? */
export const tryLongText: Step = async (trial) => {
  const { textField, fields } = trial.scratch;
  const changed = await update(trial, { ...fields, [textField]: PROBE_LONG_TEXT });
  if (!changed) return;
  compare(trial, changed, {
    'long texts': [textField, (got) => describeText(PROBE_LONG_TEXT, got)],
  });
};

/** Does an update reset what it leaves out? */
export const tryLeavingOut: Step = async (trial) => {
  const { scratch, notes } = trial;
  const { answered, listed } = trial.badge;
  const required = scratch.requiredFields.map((field) => [field, scratch.fields[field]]);
  const changed = await update(trial, Object.fromEntries(required) as WireRecord);
  if (!changed) return;
  // An answer beside an answer, and else a list beside a list: each may show values in its own way.
  const isAnswered = answered !== undefined && changed.answer === 'the new badge';
  const before = isAnswered ? answered : listed;
  const after = isAnswered ? changed.answered : changed.listed;
  if (!before || !after) return;
  const telling = Object.keys(scratch.fields).filter(
    (field) =>
      !scratch.requiredFields.includes(field) && field in after && !isNothing(before[field]),
  );
  const toFate = (field: string): string => {
    if (spell(before[field]) === spell(after[field])) return 'kept';
    return isNothing(after[field]) ? 'reset' : 'changed';
  };
  notes.saw(UPDATE, 'fields left out', toFates(Map.groupBy(telling, toFate)));
};

/** In a word where all fields share their fate. */
function toFates(fates: ReadonlyMap<string, readonly string[]>): string {
  const [[only] = []] = fates;
  if (only === undefined) return 'not shown';
  if (fates.size === 1) return only;
  return [...fates].map(([fate, fields]) => `${fate}: ${fields.join(', ')}`).join('; ');
}

/** What becomes of a field that null is written to? */
export const tryNulls: Step = async ({ badge, scratch, notes }) => {
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
  return spell(got) === spell(written) ? 'ignored' : 'altered';
}

/** Undefined: the write failed, which is noted. */
async function update({ badge, notes }: Trial, fields: WireRecord): Promise<Changed | undefined> {
  const changed = await badge.update(fields);
  notes.answered(UPDATE, changed.write);
  return changed.write.error ? undefined : changed;
}

/** What the provider holds, as far as it shows it. */
function storedBy({ answer, answered, listed }: Changed): WireRecord | undefined {
  return answer === 'the new badge' ? answered : listed;
}

type Described = Readonly<Record<string, readonly [field: string, (got: unknown) => string]>>;

/** What is stored beside what was sent, and what is listed beside what is stored. */
function compare({ notes }: Trial, changed: Changed, kinds: Described): void {
  const stored = storedBy(changed);
  const { listed } = changed;
  for (const [kind, [field, describe]] of Object.entries(kinds)) {
    if (stored) notes.saw(UPDATE, `stores ${kind}`, describe(stored[field]));
    if (!stored || !listed || stored === listed) continue;
    const isSame = spell(stored[field]) === spell(listed[field]);
    notes.saw(LIST, `shows ${kind}`, isSame ? AS_STORED : describe(listed[field]));
  }
}

export function toLag({ lagMs }: Pick<Changed, 'lagMs'>): string {
  if (lagMs === 0) return 'at once';
  return lagMs === null ? 'not while it was waited for' : `after ${(lagMs / 1_000).toFixed(1)} s`;
}
