import { createSlices } from '../../http/slices.ts';
import type { Slices } from '../../http/slices.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { compareKeys, orderKey } from './order.ts';
import type { OrderField, OrderKey } from './order.ts';

interface Keyed {
  badge: BadgeFields;
  key: OrderKey;
}

/** So many are sorted at once. */
const RUN = 32;
/** Beside the characters of a key that are looked at. */
const STEPS_OF_COMPARISON = 20;

/** In ascending order. Names may begin alike for a thousand characters, which makes each comparison a long one. */
export async function sortBadges(
  badges: readonly BadgeFields[],
  field: OrderField,
): Promise<readonly BadgeFields[]> {
  const slices = createSlices();
  let runs: Keyed[][] = [];
  for (let start = 0; start < badges.length; start += RUN) {
    const run = badges
      .slice(start, start + RUN)
      .map((badge) => ({ badge, key: orderKey(field, badge) }))
      .sort((a, b) => compareKeys(a.key, b.key));
    runs.push(run);
    await slices.spend(run.reduce((steps, { key }) => steps + stepsOf(key), 0) * Math.log2(RUN));
  }
  while (runs.length > 1) {
    const merged: Keyed[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], slices));
    }
    runs = merged;
  }
  return (runs[0] ?? []).map(({ badge }) => badge);
}

async function merge(
  left: readonly Keyed[],
  right: readonly Keyed[],
  slices: Slices,
): Promise<Keyed[]> {
  const merged: Keyed[] = [];
  let taken = 0;
  for (const each of left) {
    let steps = stepsOf(each.key);
    for (let next = right[taken]; next; next = right[taken]) {
      if (compareKeys(next.key, each.key) >= 0) break;
      merged.push(next);
      taken += 1;
      steps += stepsOf(next.key);
    }
    merged.push(each);
    await slices.spend(steps);
  }
  for (const rest of right.slice(taken)) merged.push(rest);
  return merged;
}

function stepsOf([value]: OrderKey): number {
  return STEPS_OF_COMPARISON + value.length;
}
