const OBJECT_ID = /^[0-9a-f]{24}$/i;

/** Whether a string is one of the provider's ids: 24 hexadecimal digits, as in every sample (inferred). */
export function isObjectId(id: string): boolean {
  return OBJECT_ID.test(id);
}
