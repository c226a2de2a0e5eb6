const OBJECT_ID = /^[0-9a-f]{24}$/i;

/** Whether a string is one of the provider's ids: 24 hexadecimal digits, as in every sample (inferred). */
export function isObjectId(id: string): boolean {
  return OBJECT_ID.test(id);
}

/** The provider takes either case, and shows lower case. What is no such id stays as it is. */
export function toCanonicalId(id: string): string {
  return isObjectId(id) ? id.toLowerCase() : id;
}

const ID_FIELDS = ['id', 'userId', 'badgeIds', 'automationEnabledMangoes'];

/** An input of any write, with its ids in the case that the provider shows. */
export function withCanonicalIds<Input extends object>(input: Input): Input {
  const entries = Object.entries(input).map(([field, value]: [string, unknown]) => {
    return [field, ID_FIELDS.includes(field) ? toCanonical(value) : value];
  });
  return Object.assign({}, input, Object.fromEntries(entries)) as Input;
}

function toCanonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCanonical);
  return typeof value === 'string' ? toCanonicalId(value) : value;
}
