import type { CallReport } from './call-report.ts';
import type { Contract } from './contract.ts';
import { createNotes } from './notes.ts';
import type { Notes } from './notes.ts';
import { createScratchBadge } from './scratch-badge.ts';
import type { ScratchBadge, ScratchOptions, WireRecord } from './scratch-badge.ts';
import { toLag, tryAlterations, tryLeavingOut, tryLongText, tryNulls } from './scratch-steps.ts';
import type { Step } from './scratch-steps.ts';

export interface ScratchReport {
  calls: CallReport[];
  /** The badge that is still there, or may be. Null: none. */
  left: { id: string | undefined; name: string } | null;
}

export interface ScratchCheckOptions extends ScratchOptions {
  contract: Contract;
  /** Aborted: what is left to try is left out, and the badge is removed. */
  signal: AbortSignal;
}

const STEPS: readonly Step[] = [tryAlterations, tryLongText, tryLeavingOut, tryNulls];

/** Makes a badge, tries on it what reads cannot show, and removes it where the provider can. */
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

/** Tells whether there may be a badge now. */
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

/** Tells whether the badge may still be there. */
async function remove(badge: ScratchBadge, notes: Notes): Promise<boolean> {
  const removed = await badge.remove();
  notes.answered('deleteBadge', removed.write);
  if (removed.list) notes.saw('listBadges', 'shows a deletion', toLag(removed));
  return removed.write.error !== undefined && removed.lagMs === null;
}

function toShown(fields: WireRecord, shown: WireRecord | undefined): string {
  if (!shown) return 'none';
  const hidden = Object.keys(fields).filter((field) => !(field in shown));
  return hidden.length === 0 ? 'all that were written' : `all but ${hidden.join(', ')}`;
}
