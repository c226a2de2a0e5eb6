import { LRUCache } from 'lru-cache';
import { isObject } from '../http/json.ts';
import { type AnswerHead, headerValues } from '../http/response.ts';

/*
 * The envelope is what a provider puts around its records: flags, codes, errors, totals and links. Providers do not
 * document the spelling and the place of these reliably, so all of the envelope is searched, and nothing inside a
 * record.
 */

export type EnvelopePart = Readonly<Record<string, unknown>>;

/**
 * Envelopes are flat and short. A response with more levels or fields around its records is not read as an envelope.
 */
const MAX_DEPTH = 12;
const MAX_FIELDS = 5_000;
/** Per list in the envelope; such a list may contain records. */
const MAX_ITEMS = 20_000;
/** Longer names and values are not words, numbers or codes. */
const MAX_CHARACTERS = 200;
/** Objects under these names describe the request or other things, not the result. */
const NOT_THE_RESULT =
  /^(warnings?|notices?|deprecations?|request|query|params|parameters|input|debug|(rate)?limits?|quotas?|headers)$/;

export interface Envelope {
  /** All objects of the envelope, the outer ones first. */
  parts: readonly EnvelopePart[];
  /** False if a limit was reached. A failure may be reported in the rest. */
  isWhole: boolean;
}

/** `isRecord` marks values that are not part of the envelope, with everything inside them. */
export function readEnvelope(json: unknown, isRecord: (value: unknown) => boolean): Envelope {
  const parts: EnvelopePart[] = [];
  let fields = 0;
  let level: unknown[] = isRecord(json) ? [] : [json];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      const inner = innerValues(value).filter((each) => !isRecord(each));
      fields += isObject(value) ? Object.keys(value).length : inner.length;
      const isTooLong = Array.isArray(value) && value.length > MAX_ITEMS;
      if (isTooLong || fields > MAX_FIELDS) return { parts, isWhole: false };
      if (isObject(value)) parts.push(value);
      for (const each of inner) next.push(each);
    }
    level = next;
  }
  return { parts, isWhole: level.length === 0 };
}

/** The lists and objects directly inside a value. */
function innerValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).filter(isContainer);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isContainer(inner) && !NOT_THE_RESULT.test(toName(key)) ? [inner] : [],
  );
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * A key without its spelling: `total_count`, `Total-Count` and `totalCount` are the same. Empty if the key is too
 * long.
 */
export function toName(key: string): string {
  return key.length > MAX_CHARACTERS ? '' : key.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** A number, also if it is written as a text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return undefined;
  const digits = value.trim().replace(/(?<=\d),(?=\d{3})/g, '');
  return /^[+-]?\d{1,30}(\.\d{1,30})?$/.test(digits) ? Number(digits) : undefined;
}

const YES =
  /^(true|yes|y|t|on|ok|okay|success|successful|successfully|succeeded|done|completed?|passed|created|updated|deleted|removed|awarded|assigned)$/;
const NO =
  /^(false|no|n|f|off|notok|ko|fail|failed|failure|errors?|errored|err|unsuccessful|rejected|refused|denied|declined|invalid|aborted|cancell?ed)$/;

/** Whether a value says yes or no in one of the usual words. Undefined: neither. */
export function toFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = toNumber(value);
  if (number === 1 || number === 0) return number === 1;
  if (typeof value !== 'string') return undefined;
  const word = toName(value);
  if (YES.test(word)) return true;
  return NO.test(word) ? false : undefined;
}

/** Whether a test holds for a value or for anything inside it. True if the value is too large to be searched. */
export function someValue(value: unknown, test: (value: unknown) => boolean): boolean {
  let looked = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const each of level) {
      const inner = Array.isArray(each) ? each : isObject(each) ? Object.values(each) : undefined;
      if (!inner && test(each)) return true;
      looked += 1 + (inner?.length ?? 0);
      if (depth > MAX_DEPTH || looked > MAX_FIELDS) return true;
      for (const deeper of inner ?? []) next.push(deeper);
    }
    level = next;
  }
  return false;
}

/** How providers write that there is no value. */
const NOTHING = /^(|null|nil|none|false|undefined|n\/a|-)$/;

/** Whether there is a value. */
export function isThere(value: unknown): boolean {
  if (typeof value === 'string') return !NOTHING.test(toWord(value));
  return value !== null && value !== undefined && value !== false;
}

/** The beginning of a text, in the form in which it is compared with words. */
export function toWord(text: string): string {
  return text.slice(0, MAX_CHARACTERS).trim().toLowerCase();
}

/** A list as it was received, with its envelope. */
interface ListAnswer {
  head: AnswerHead;
  json: unknown;
  /** The list inside the JSON. */
  records: readonly unknown[];
}

/** The name of the field or header that says that the list is incomplete. Undefined: none does. */
export function signOfMore({ head, json, records }: ListAnswer): string | undefined {
  if (head.status === 206) return 'status 206';
  const count = records.length;
  const { parts, isWhole } = readEnvelope(json, (value) => value === records);
  for (const part of parts) {
    const key = Object.keys(part).find((name) => indicatesMore(toName(name), part[name], count));
    if (key !== undefined) return toPlainName(key);
    if (isLinkToMore(part)) return 'a link to the next page';
  }
  return isWhole ? signInHeaders(head, count) : 'the number of fields next to them';
}

const PLAIN_NAME = /^[\w.$@-]{1,40}$/;

/** A name for the log. The letters are those of known words, but the characters between them may be anything. */
function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : toName(name);
}

/** Nouns for the entries of a list. */
const THINGS =
  '(items?|records?|results?|elements?|badges?|docs?|documents?|rows?|entry|entries|objects?|hits?|matches)';
/** Names that consist only of words about counts, in any order, such as `totalBadgesCount` or `count_total`. */
const COUNT_WORDS = new RegExp(
  `^(x|hydra|odata|meta|grand|overall|full|all|list|set|of|in|available|matching|num(ber)?|nb|no|totals?|counts?|found|filtered|amount|size|length|${THINGS})+$`,
);
const IS_TOTAL = new RegExp(
  `total|count|found|filtered|^(num(ber)?|nb)(of)?${THINGS}$|^noof${THINGS}$`,
);
const NO_TOTAL = /^no(total|count|results?|items|matches|found)/;
/** Fields of a total that is an object. */
const SHARE = new RegExp(`^(value|all|count|total|${THINGS})$`);
const PAGE_COUNT =
  /^(total|max|last|num(ber)?(of)?|nb|count)?pages?(count|total)$|^(total|max|num(ber)?(of)?|nb)pages?$|^pages$|^last(page(number|index)?)?$/;
const PAGE_NUMBER = /^(current|this)?page(number|no|num|index)?$|^(start|from)(index|at|row)$/;
const OFFSET = /^(current|page)?(offset|skip|skipped)$/;
const ANOTHER_PAGE =
  /^(hydra|odata|page)?(next|prev|previous)(page|cursor|token|url|link|href|uri|offset|key|marker|id|start|index|batch|set|results?|records?|items|badges|skip|path|number|no|num|range|query|continuation)*$|^continuation(token|key|url)?$|^(page)?cursor$|^morelink$|^lastevaluatedkey$/;
const MORE = new RegExp(
  `^(is|has|are|with|thereis|thereare)?more(pages?|data|${THINGS})?(available|coming|tocome|left)?$` +
    '|^(is|has|with)?(next|prev|previous)(pages?)?$' +
    '|^(is|was|results?|list)?(truncated|truncation|incomplete|partial)(results?|list)?$' +
    `|^remaining(pages?|count|${THINGS})$|^(pages?|${THINGS})(left|remaining)$` +
    '|^exceeded(transfer)?limit$',
);
const LAST =
  /^(is)?(at)?(last|final)(page|batch)?$|^(is)?(complete|completed|finished|exhausted|done|end|eof|endoflist|allloaded)$/;
const LAST_LINK = /^last(page)?(url|link|href|uri)?$/;
const RANGE = /^(content)?range$/;

const PAGES = [PAGE_COUNT, PAGE_NUMBER, OFFSET, MORE, ANOTHER_PAGE, LAST, LAST_LINK, RANGE];
/** Whether a name says anything of pages. Each answer has the same few names, and there are many words to look for. */
const knownNames = new LRUCache<string, boolean>({ max: 1_000 });

function isOfPages(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const isOf = isTotal(name) || PAGES.some((words) => words.test(name));
  knownNames.set(name, isOf);
  return isOf;
}

function indicatesMore(name: string, value: unknown, count: number): boolean {
  if (!isOfPages(name)) return false;
  const number = toNumber(value);
  if (isTotal(name)) return numbersIn(value).some((total) => total > count);
  if (PAGE_COUNT.test(name) && numbersIn(value).some((pages) => pages > 1)) return true;
  if (PAGE_NUMBER.test(name)) return numbersIn(value).some((page) => page > 1);
  if (OFFSET.test(name) && number !== undefined) return number > 0;
  if (MORE.test(name) && toFlag(value) !== undefined) return toFlag(value) === true;
  if (MORE.test(name) && number !== undefined) return number > 0;
  if (ANOTHER_PAGE.test(name)) return someValue(value, namesAnotherPage);
  if (LAST.test(name) && isNotLast(name, value)) return true;
  if (LAST_LINK.test(name)) return someValue(value, isLaterPage);
  return RANGE.test(name) && typeof value === 'string' && isPartialRange(value, count);
}

function isTotal(name: string): boolean {
  return COUNT_WORDS.test(name) && IS_TOTAL.test(name) && !NO_TOTAL.test(name);
}

/** A number, the numbers in a text such as "1-20 of 57", "2 badges" or "1/3", or the numbers in an object of totals. */
function numbersIn(value: unknown): number[] {
  const number = toNumber(value);
  if (number !== undefined) return [number];
  if (isObject(value)) {
    const shares = Object.keys(value).filter((key) => SHARE.test(toName(key)));
    return shares.flatMap((key) => toNumber(value[key]) ?? []);
  }
  if (
    typeof value !== 'string' ||
    value.length > MAX_TOTAL_CHARACTERS ||
    !TOTAL_IN_TEXT.test(value)
  ) {
    return [];
  }
  const digits = value.replace(/(?<=\d)[ .,\u00a0\u202f](?=\d{3}(?!\d))/g, '');
  return (digits.match(/\d{1,15}/g) ?? []).map(Number);
}

/** A longer text is a sentence. */
const MAX_TOTAL_CHARACTERS = 40;
/** Digits, and around them only words that occur in totals and page numbers. */
const TOTAL_IN_TEXT = new RegExp(
  String.raw`^(?!\s*/)(\d|[\s.,/+~>≥–\u00a0\u202f-]|(showing|about|over|total|page|pages|of|out|to|${THINGS})(?![a-z]))+$`,
  'i',
);

/** A number may be that of the last page or record, unless the name asks a question (`isLast`). */
function isNotLast(name: string, value: unknown): boolean {
  return value === false || isNo(value) || (name.startsWith('is') && toFlag(value) === false);
}

/** Servers reject longer URLs. */
const MAX_LINK_CHARACTERS = 8_000;
const MAX_RANGE_CHARACTERS = 100;

/**
 * Whether a value refers to the previous or the next page. The first page may be 0, and some APIs write -1 for none.
 */
function namesAnotherPage(value: unknown): boolean {
  const number = toNumber(value);
  return number === undefined ? isThere(value) && value !== '#' : number > 0;
}

function isNo(value: unknown): boolean {
  return typeof value === 'string' && toNumber(value) === undefined && toFlag(value) === false;
}

function isLaterPage(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > MAX_LINK_CHARACTERS) return false;
  const [, page] = /[?&]page(?:%5B|\[)?(?:number)?(?:%5D|\])?=(\d+)/i.exec(value) ?? [];
  return Number(page) > 1;
}

const PREVIOUS_OR_NEXT = /^(next|prev|previous)$/i;

/** A link of the form `{rel, href}`. */
function isLinkToMore(link: Readonly<Record<string, unknown>>): boolean {
  const { href, url, uri } = link;
  const relations = [link.rel, link.relation, link.type].flat();
  const isBesideThis = relations.some(
    (one) => typeof one === 'string' && PREVIOUS_OR_NEXT.test(one),
  );
  return isBesideThis && [href, url, uri].some(isThere);
}

/** The same of the headers alone, for a list of so many records. */
export function signInHeaders(head: AnswerHead, count: number): string | undefined {
  const linking = LINK_HEADERS.find((name) => headerValues(head, name).some(linksToMore));
  if (linking !== undefined) return `the header ${linking}`;
  const name = Object.keys(head.headers).find((header) =>
    headerValues(head, header).some((value) => headerIndicatesMore(header, value, count)),
  );
  return name === undefined ? undefined : `the header ${toPlainName(name)}`;
}

const LINK_HEADERS = ['link', 'links', 'x-link'];
const RELATION = /;\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))/gi;

/** Whether a header links to the previous or the next page, or to a last page other than the first. */
function linksToMore(header: string): boolean {
  return header.split(/,(?=\s*<)/).some((link) => {
    const relations = [...link.matchAll(RELATION)].flatMap(([, ...texts]) =>
      texts.join('').split(/\s+/),
    );
    const isToLast = relations.some((name) => /^last$/i.test(name));
    return relations.some((name) => PREVIOUS_OR_NEXT.test(name)) || (isToLast && isLaterPage(link));
  });
}

/** The usual names of such headers begin with `x-`, and some then name what they are about. */
function headerIndicatesMore(header: string, value: string, count: number): boolean {
  const name = toName(header.replace(/^x-/, '').replace(BEFORE_NAME, ''));
  if (/^(pagination|paging|page)$/.test(name) && value.trim().startsWith('{')) {
    return readEnvelope(tryToParse(value), () => false).parts.some((part) =>
      Object.keys(part).some((key) => indicatesMore(toName(key), part[key], count)),
    );
  }
  return indicatesMore(name, value, count);
}

const BEFORE_NAME = /^(pagination|paging|list|result|collection|wp|ms)-/;

function tryToParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A header that is not JSON has no fields.
    return undefined;
  }
}

/** Whether a range such as `badges 0-19/100` is only a part. If the total is unknown, only an offset tells. */
function isPartialRange(range: string, count: number): boolean {
  if (range.length > MAX_RANGE_CHARACTERS) return false;
  const [, unit = '', first, last, total] =
    /^\s*(\w+)?[\s=]*(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/.exec(range) ?? [];
  if (Number(first) > 0) return true;
  if (total === undefined || total === '*') return false;
  const shown = /^bytes$/i.test(unit) && last !== undefined ? Number(last) + 1 : count;
  return Number(total) > shown;
}
