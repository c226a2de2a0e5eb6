/** What stands before the body of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; a header that came several times has several values. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Every value of a header, in its order. Empty: it did not come. */
export function headerValues({ headers }: Pick<AnswerHead, 'headers'>, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : [...value];
}

/** How long ago a cache on the way got this answer from the provider, milliseconds; 0 for an answer of the provider itself. */
export function ageOf(head: Pick<AnswerHead, 'headers'>): number {
  const seconds = headerValues(head, 'age').flatMap((value) => value.split(','));
  const ages = seconds.map((text) => text.trim()).filter((text) => /^\d+$/.test(text));
  return Math.max(0, ...ages.map((age) => Math.min(Number(age), MAX_AGE_SECONDS))) * 1_000;
}

/** What RFC 9111 tells caches to send for anything older. */
const MAX_AGE_SECONDS = 2 ** 31;
