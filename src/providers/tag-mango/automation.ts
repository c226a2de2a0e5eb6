import type { FieldChange, Warning } from '../provider.ts';
import { hasMangoes, hasPoints } from './fields.ts';

const AUTOMATION_FIELDS = [
  'enableAutomation',
  'pointsThreshold',
  'pointCategoryForAutomation',
  'automationEnabledMangoes',
];

/** What to say about a write that touches automation; `after` is the badge as it shall be. */
export function automationWarnings(changes: readonly FieldChange[], after: object): Warning[] {
  const fields = changes
    .map(({ field }) => field)
    .filter((field) => AUTOMATION_FIELDS.includes(field));
  if (fields.length === 0) return [];
  const delayed: Warning = {
    code: 'AUTOMATION_DELAYED',
    message: 'TagMango gives and withdraws the badge by the new rule some time later',
    fields,
  };
  const conflict: Warning = {
    code: 'AUTOMATION_CONFLICT',
    message:
      'The badge now holds both pointsThreshold and automationEnabledMangoes, and TagMango runs only one kind: clear the other with null',
    fields: ['pointsThreshold', 'automationEnabledMangoes'],
  };
  return hasPoints(after) && hasMangoes(after) ? [delayed, conflict] : [delayed];
}
