import type { BadgeFields } from '../../providers/badge-fields.ts';
import { toChange } from '../../providers/input-checks.ts';
import type { FieldChange, Warning, WritePlan } from '../../providers/provider.ts';
import { toVersion } from '../../providers/version.ts';
import type { Write } from './write.ts';

/** What stands at the provider after a write, which may be another thing than was sent. */
export interface Standing {
  /** Undefined: the write shows no badge. */
  badge: BadgeFields | undefined;
  /** Fields that the provider holds with another value than it was sent. */
  altered: string[];
}

/** The badge that an answer or a read shows, with what it leaves out. */
export function toStanding(
  { operation }: Write,
  { body }: WritePlan,
  { shown, before }: { shown: BadgeFields; before: BadgeFields | undefined },
): BadgeFields {
  return operation.toStanding?.(shown, { body, before }) ?? shown;
}

export function alteredFields({ operation }: Write, { body }: WritePlan, badge: BadgeFields) {
  return operation.fieldsNotAsSent?.(body, badge) ?? [];
}

/** What really changed: of altered fields the value that stands, also of those that the caller did not give. */
export function changesAsStanding(
  { operation }: Write,
  plan: WritePlan,
  { badge, altered, before }: Standing & { before: BadgeFields | undefined },
): readonly FieldChange[] {
  if (!badge || altered.length === 0) return plan.changes;
  const fields = new Set([...plan.changes.map(({ field }) => field), ...altered]);
  return [...fields].flatMap((field) => {
    const planned = plan.changes.find((change) => change.field === field);
    if (!altered.includes(field)) return planned ?? [];
    const was = before && operation.valueOf?.(before, field);
    return toChange(field, was, operation.valueOf?.(badge, field) ?? null) ?? [];
  });
}

export function alteredWarning({ of }: Write, fields: string[]): Warning {
  return {
    code: 'VALUE_ALTERED',
    message: `${of.provider.name.title} took the write and shows another value than it was sent for: ${fields.join(', ')}. The badge and changes have what it shows`,
    fields,
  };
}

/** Stands for written values that the badge does not show. Undefined: there are none. */
export function hiddenRevisionOf(
  { writtenValues }: Pick<WritePlan, 'writtenValues'>,
  badge: BadgeFields,
): string | undefined {
  const hidden = Object.entries(writtenValues ?? {}).filter(
    ([field]) => !isShown(badge.record, field),
  );
  return hidden.length > 0 ? toVersion(hidden) : undefined;
}

function isShown(record: object, field: string): boolean {
  return Object.entries(record).some(([name, value]) => name === field && value !== undefined);
}

/** The badge with the version that every later list gives it. */
export function withRevision(
  { of: { provider } }: Write,
  badge: BadgeFields,
  hiddenRevision: string | undefined,
): BadgeFields {
  return provider.withHiddenRevision?.(badge, hiddenRevision) ?? badge;
}
