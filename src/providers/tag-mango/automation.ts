import { invalid, valueOf } from '../input-checks.ts';
import type { FieldChange, InputProblem, Warning, WritePlan } from '../provider.ts';
import { hasMangoes, hasPoints } from './fields.ts';

const AUTOMATION_FIELDS = [
  'enableAutomation',
  'pointsThreshold',
  'pointCategoryForAutomation',
  'automationEnabledMangoes',
];

/**
 * What a write does to automation, judged by the badge as it will be: the provider takes one kind at a time, and only
 * while automation is on. `before` undefined: a new badge, or one that could not be read.
 */
export function planAutomation(
  changes: readonly FieldChange[],
  { before, body }: { before: object | undefined; body: object },
): Pick<WritePlan, 'warnings' | 'problems'> {
  const fields = changes
    .map(({ field }) => field)
    .filter((field) => AUTOMATION_FIELDS.includes(field));
  const after = { ...before, ...body };
  if (fields.length === 0 || isOff(after)) return { warnings: [], problems: [] };
  if (hasPoints(after) && hasMangoes(after)) return { warnings: [], problems: [bothKinds(fields)] };
  const isSwitchedOn = valueOf(after, 'enableAutomation') === true;
  const hasNoRule = isSwitchedOn && before !== undefined && !hasPoints(after) && !hasMangoes(after);
  return { warnings: hasNoRule ? [withoutRule(fields)] : [delayed(fields)], problems: [] };
}

/** For an input that says enough by itself: no badge needs to be read to refuse it. */
export function refuseBothKinds(input: object): InputProblem[] {
  const isRefused =
    !isOff({ enableAutomation: undefined, ...input }) && hasPoints(input) && hasMangoes(input);
  return isRefused ? [bothKinds(AUTOMATION_FIELDS)] : [];
}

/** A badge that does not show the field may be on. */
function isOff(after: object): boolean {
  const isOn = valueOf(after, 'enableAutomation');
  return isOn === false || isOn === null;
}

function bothKinds(fields: readonly string[]): InputProblem {
  const field = fields.find((name) => name.startsWith('automation')) ?? fields[0] ?? '';
  return invalid(
    field,
    'TagMango runs one kind of automation at a time, and the badge would have both while automation is on: give pointsThreshold or automationEnabledMangoes and clear the other with null, or set enableAutomation to false',
  );
}

function delayed(fields: string[]): Warning {
  return {
    code: 'AUTOMATION_DELAYED',
    message: 'TagMango gives and withdraws the badge by the new rule some time later',
    fields,
  };
}

function withoutRule(fields: string[]): Warning {
  return {
    code: 'AUTOMATION_WITHOUT_RULE',
    message:
      'Automation is on, and the badge has neither pointsThreshold nor automationEnabledMangoes: give one of them, or no member gets the badge',
    fields,
  };
}
