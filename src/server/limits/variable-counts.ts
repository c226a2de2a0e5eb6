/** What variables have, as far as it was counted. */
export interface VariableCounts {
  values: number;
  /** Lists and objects within one another; that of all variables is none. */
  depth: number;
  /** Of the longest name, in characters. */
  nameLength: number;
}

/** Counts level by level, for JSON may be nested deeper than functions can call themselves. Stops beyond the bounds. */
export function countVariables(variables: object, bounds: VariableCounts): VariableCounts {
  const counts: VariableCounts = { values: 0, depth: 0, nameLength: 0 };
  let level: unknown[] = Object.values(variables);
  while (level.length > 0) {
    counts.values += level.length;
    if (counts.values > bounds.values) break;
    const nested = level.filter(isNested);
    if (nested.length > 0) counts.depth += 1;
    for (const value of nested) {
      for (const { length } of namesOf(value)) {
        counts.nameLength = Math.max(counts.nameLength, length);
      }
    }
    if (counts.depth > bounds.depth) break;
    level = nested.flatMap((value): unknown[] => Object.values(value));
  }
  return counts;
}

function namesOf(value: object): string[] {
  return Array.isArray(value) ? [] : Object.keys(value);
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
