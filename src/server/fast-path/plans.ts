/**
 * Promises: finds the plan of a body by the two texts that tell its document apart, and remembers which bodies have none,
 * so that these are not searched again.
 */
import { type Keep, type Kept, bytesOf } from '../keep.ts';

/** For `_entities`, the bytes around the representations. For other queries, the document, and what else is fixed. */
export type PlanKey = readonly [string, string];

export interface Plans<Plan> {
  /** Undefined: nothing is known. Null: the full path has to answer such bodies. */
  find(key: PlanKey): Plan | null | undefined;
  /** The texts of the key must not be parts of a longer one, which they would keep in memory. */
  add(key: PlanKey, plan: Plan): void;
  /** From now on the full path answers such bodies. */
  refuse(key: PlanKey): void;
}

interface Entry<Plan> extends Kept {
  plan: Plan | null;
}

/** Of its compiled fields, as far as can be told from the length of the document. */
const PLAN_BYTES = 4_000;
const BYTES_OF_CHARACTER = 36;

/** `forget` drops all that was made by a plan. */
export function createPlans<Plan>(keep: Keep, forget: (plan: Plan) => void): Plans<Plan> {
  const byFirst = new Map<string, Map<string, Entry<Plan>>>();

  function put([first, second]: PlanKey, plan: Plan | null): void {
    const former = byFirst.get(first)?.get(second);
    if (former) keep.drop(former);
    const bySecond = byFirst.get(first) ?? new Map<string, Entry<Plan>>();
    const entry: Entry<Plan> = {
      kind: 'plans',
      plan,
      onDrop() {
        bySecond.delete(second);
        if (bySecond.size === 0) byFirst.delete(first);
        if (plan) forget(plan);
      },
    };
    byFirst.set(first, bySecond.set(second, entry));
    const ofPlan = plan ? PLAN_BYTES + BYTES_OF_CHARACTER * (first.length + second.length) : 0;
    keep.put(entry, bytesOf(first, second) + ofPlan);
  }

  return {
    find([first, second]) {
      const entry = byFirst.get(first)?.get(second);
      if (!entry) return undefined;
      keep.use(entry);
      return entry.plan;
    },
    add: put,
    refuse: (key) => put(key, null),
  };
}
