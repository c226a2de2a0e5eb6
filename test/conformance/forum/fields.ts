import {
  TEXT_CHARACTERS,
  isGiven,
  refuseBlank,
  refuseControls,
  refuseControlsInLines,
  refuseFraction,
  refuseImage,
  refuseLong,
  refuseNull,
  toChange,
} from '../../../src/providers/input-checks.ts';
import type { FieldChange, InputProblem, InputRules } from '../../../src/providers/provider.ts';
import type { ForumBadge, ForumRecord } from './badge.ts';

/** The writable fields as an input gives them. */
export interface FieldsInput {
  name?: string | null;
  description?: string | null;
  imageUrl?: string | null;
  enabled?: boolean | null;
  grantLimit?: number | null;
}

/** By the field of an input: its name in a record, and what null sends; a field without that cannot be cleared. */
const FIELDS = {
  name: { wire: 'name' },
  description: { wire: 'description', cleared: '' },
  imageUrl: { wire: 'image_url', cleared: '' },
  enabled: { wire: 'enabled' },
  grantLimit: { wire: 'grant_limit', cleared: null },
} as const satisfies Record<keyof FieldsInput, { wire: keyof ForumRecord; cleared?: unknown }>;
export type WritableField = keyof typeof FIELDS;
export const WRITABLE_FIELDS = Object.keys(FIELDS) as WritableField[];

export function givenFields(input: FieldsInput): WritableField[] {
  return WRITABLE_FIELDS.filter((field) => isGiven(input, field));
}

/** Only what is given: the forum keeps the rest. */
export function toBody(input: FieldsInput): Record<string, unknown> {
  return Object.fromEntries(
    givenFields(input).map((field) => [FIELDS[field].wire, input[field] ?? clearedOf(field)]),
  );
}

export function checkFields(input: FieldsInput, { isImageUrl }: InputRules): InputProblem[] {
  return [
    ...refuseNull('name', input.name),
    ...refuseNull('enabled', input.enabled),
    ...refuseBlank('name', input.name),
    ...refuseControls('name', input.name),
    ...refuseControlsInLines('description', input.description),
    ...refuseLong('name', input.name, TEXT_CHARACTERS.name),
    ...refuseLong('description', input.description, TEXT_CHARACTERS.description),
    ...refuseImage('imageUrl', input.imageUrl, isImageUrl),
    ...refuseFraction('grantLimit', input.grantLimit),
  ];
}

/** The value of a field as it would be written. Undefined: the badge does not show it. */
export function standing({ record }: ForumBadge, field: WritableField): unknown {
  const value = record[FIELDS[field].wire];
  return value === undefined ? undefined : (value ?? clearedOf(field) ?? null);
}

/** What a body changes of the badge. */
export function changesOf(body: object, badge: ForumBadge | undefined): FieldChange[] {
  const values = new Map<string, unknown>(Object.entries(body));
  return WRITABLE_FIELDS.filter((field) => values.has(FIELDS[field].wire)).flatMap((field) => {
    const before = badge && standing(badge, field);
    return toChange(field, before, values.get(FIELDS[field].wire)) ?? [];
  });
}

function clearedOf(field: WritableField): unknown {
  const known = FIELDS[field];
  return 'cleared' in known ? known.cleared : undefined;
}
