import type { InputProblem } from '../providers/provider.ts';

/** Enough to mend an input by. */
const MOST_PROBLEMS = 20;

/**
 * A problem at each argument or input field whose text holds half a character: one surrogate of a pair. No UTF-8 could
 * carry it to a provider or back, so that it would be written as something else.
 */
export function refuseHalfCharacters(args: object): InputProblem[] {
  const problems: InputProblem[] = [];
  const look = (value: unknown, field: readonly string[], shown: string): void => {
    if (problems.length === MOST_PROBLEMS) return;
    if (typeof value === 'string') {
      if (!value.isWellFormed()) problems.push(toProblem(field, shown));
    } else if (Array.isArray(value)) {
      // The place in a list is no field: the message tells it.
      value.forEach((item, index) => look(item, field, `${shown}[${index}]`));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) look(inner, [...field, name], name);
    }
  };
  look(args, [], '');
  return problems;
}

function toProblem(field: readonly string[], shown: string): InputProblem {
  return {
    code: 'INVALID_INPUT',
    field,
    message: `${shown} must be whole Unicode text: it holds half of a surrogate pair`,
  };
}
