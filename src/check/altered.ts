/*
 * What a provider made of a value: told by what is left of a text that has something of each kind in it. Only texts
 * of the check itself are looked at, so that nothing of anybody else's is told.
 */

/** Something of each kind that services alter. */
export const PROBE_TEXT = '  Ada & <b>Bob</b> "read" 🏆 Ä  ';
/** Longer than any list would show in a cell, without anything that is altered for another reason. */
export const PROBE_LONG_TEXT = 'Made by a check of this API. '.repeat(32).trim();

export const UNALTERED = 'as sent';

/** `sent` is one of the texts above. */
export function describeText(sent: string, got: unknown): string {
  if (got === sent) return UNALTERED;
  if (typeof got !== 'string') return describeOther(got);
  const kinds = [
    sent.startsWith(' ') && !got.startsWith(' ') && 'trimmed',
    /&(amp|lt|quot|#)/.test(got) && 'HTML escaped',
    sent.includes('<b>') && !/(<|&lt;)b/i.test(got) && 'tags removed',
    sent.includes('🏆') && !got.includes('🏆') && 'emoji removed',
    got === got.toLowerCase() && 'lower-cased',
    isCut(sent, got) && `cut at ${got.length} characters`,
  ].filter((kind) => kind !== false);
  return kinds.length > 0 ? kinds.join(', ') : 'altered';
}

function isCut(sent: string, got: string): boolean {
  const start = got.replace(/(…|\.\.\.)$/, '');
  return start.length < sent.trim().length && sent.toLowerCase().startsWith(start.toLowerCase());
}

export function describeNumber(sent: number, got: unknown): string {
  if (spell(got) === spell(sent)) return UNALTERED;
  const isNumber = !isNothing(got) && Number.isFinite(Number(got));
  return isNumber ? `${sent} became ${Number(got)}` : describeOther(got);
}

export function describeUrl(sent: string, got: unknown): string {
  if (got === sent) return UNALTERED;
  if (typeof got !== 'string' || !URL.canParse(got)) return describeOther(got);
  const [before, after] = [new URL(sent), new URL(got)];
  const kinds = [
    before.host !== after.host && 'at another host',
    before.pathname !== after.pathname && 'with another path',
    before.search !== after.search && 'with another query',
  ].filter((kind) => kind !== false);
  return kinds.length > 0 ? kinds.join(', ') : 'altered';
}

function describeOther(got: unknown): string {
  if (got === undefined) return 'not shown';
  return isNothing(got) ? 'ignored' : 'of another type';
}

/** Whether a field holds what it has when nothing was ever written. */
export function isNothing(value: unknown): boolean {
  return ['', 'null', 'undefined', 'false', '0', '[]'].includes(spell(value));
}

/** A value as a text: some providers answer with strings where they take numbers and booleans. */
export function spell(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
