/**
 * Promises: finds the plan of a body by the bytes around its representations, and remembers which bodies have none, so
 * that these are not searched again.
 */
import type { EntitiesPlan, Split } from './entities-plan.ts';
import type { Fragments } from './fragments.ts';
import { type Keep, type Kept, bytesOf, toFlat } from './keep.ts';

export interface Plans {
  /** Undefined: nothing is known. Null: the full path has to answer such bodies. */
  find(split: Split): EntitiesPlan | null | undefined;
  add(plan: EntitiesPlan): void;
  /** From now on the full path answers such bodies. */
  refuse(split: Split): void;
}

interface Entry extends Kept {
  plan: EntitiesPlan | null;
}

/** Of its compiled fields, as far as can be told from the length of the document. */
const PLAN_BYTES = 4_000;
const BYTES_OF_CHARACTER = 36;

export function createPlans(keep: Keep, fragments: Fragments): Plans {
  const byBefore = new Map<string, Map<string, Entry>>();

  function put(before: string, after: string, plan: EntitiesPlan | null): void {
    const former = byBefore.get(before)?.get(after);
    if (former) keep.drop(former);
    const byAfter = byBefore.get(before) ?? new Map<string, Entry>();
    const entry: Entry = {
      kind: 'plans',
      plan,
      onDrop() {
        byAfter.delete(after);
        if (byAfter.size === 0) byBefore.delete(before);
        if (plan) fragments.forget(plan);
      },
    };
    byBefore.set(before, byAfter.set(after, entry));
    const ofPlan = plan ? PLAN_BYTES + BYTES_OF_CHARACTER * (before.length + after.length) : 0;
    keep.put(entry, bytesOf(before, after) + ofPlan);
  }

  return {
    find({ body, start, end }) {
      const entry = byBefore.get(body.slice(0, start))?.get(body.slice(end));
      if (!entry) return undefined;
      keep.use(entry);
      return entry.plan;
    },
    add: (plan) => put(plan.before, plan.after, plan),
    refuse: ({ body, start, end }) =>
      put(toFlat(body.slice(0, start)), toFlat(body.slice(end)), null),
  };
}
