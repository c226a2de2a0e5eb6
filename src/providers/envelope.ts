import { isObject } from '../http/json.ts';
import { type AnswerHead, headerValues } from '../http/response.ts';

/*
 * What providers put around their records: flags, codes, errors, totals, links. Nobody promises how they are spelled
 * or where exactly they stand, so all of an envelope is looked through, and nothing of a record ever is.
 */

export type EnvelopePart = Readonly<Record<string, unknown>>;

/** Envelopes are flat and short: whatever is deeper, or has more fields and values beside its records, is none. */
const MAX_DEPTH = 12;
const MAX_FIELDS = 5_000;
/** Of a list inside it, which may hold records. */
const MAX_ITEMS = 20_000;
/** Of a name or a value that says something. What is longer is no word, number or code. */
const MAX_CHARACTERS = 200;
/** These say something about the request, or about others. */
const ASIDE =
  /^(warnings?|notices?|deprecations?|request|query|params|parameters|input|debug|(rate)?limits?|quotas?|headers)$/;

export interface Envelope {
  /** Every object of it, the outer ones first. */
  parts: readonly EnvelopePart[];
  /** Whether all of it was looked at: what says no may stand in the rest. */
  isWhole: boolean;
}

/** `isRecord` marks what is no part of the envelope, with all that is inside. */
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

/** The lists and objects in one of them. */
function innerValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).filter(isContainer);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isContainer(inner) && !ASIDE.test(toName(key)) ? [inner] : [],
  );
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** A key without its spelling: `total_count`, `Total-Count` and `totalCount` are one. Empty for what is no word. */
export function toName(key: string): string {
  return key.length > MAX_CHARACTERS ? '' : key.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** A number, also as text. */
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

/** Whether a value says yes or no in any of the usual words. Undefined: neither. */
export function toFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = toNumber(value);
  if (number === 1 || number === 0) return number === 1;
  if (typeof value !== 'string') return undefined;
  const word = toName(value);
  if (YES.test(word)) return true;
  return NO.test(word) ? false : undefined;
}

/** Whether a test holds for a value, or for anything in it. Where that is more than an envelope holds, it may. */
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

/** How providers write that there is nothing. */
const NOTHING = /^(|null|nil|none|false|undefined|n\/a|-)$/;

/** Whether a value is there, and does not say that there is nothing. */
export function isThere(value: unknown): boolean {
  if (typeof value === 'string') return !NOTHING.test(toWord(value));
  return value !== null && value !== undefined && value !== false;
}

/** The beginning of a text as it is compared with words. */
export function toWord(text: string): string {
  return text.slice(0, MAX_CHARACTERS).trim().toLowerCase();
}

/** A list as it came, with all that stands around it. */
export interface ListAnswer {
  head: AnswerHead;
  json: unknown;
  /** The list inside the JSON. */
  records: readonly unknown[];
}

/** The name of whatever says that there is more than this list; undefined when nothing does. */
export function signOfMore({ head, json, records }: ListAnswer): string | undefined {
  if (head.status === 206) return 'status 206';
  const count = records.length;
  const { parts, isWhole } = readEnvelope(json, (value) => value === records);
  for (const part of parts) {
    const key = Object.keys(part).find((name) => saysMore(toName(name), part[name], count));
    if (key !== undefined) return toPlainName(key);
    if (isLinkToMore(part)) return 'a link to the next page';
  }
  return isWhole ? signInHeaders(head, count) : 'the number of fields next to them';
}

const PLAIN_NAME = /^[\w.$@-]{1,40}$/;

/** Its letters are those of known words; what stands between them may be anything. */
function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : toName(name);
}

/** What a list may be of. */
const THINGS =
  '(items?|records?|results?|elements?|badges?|docs?|documents?|rows?|entry|entries|objects?|hits?|matches)';
/** A name of words that all are about how many there are, in any order, as `totalBadgesCount` or `count_total`. */
const ABOUT_COUNTS = new RegExp(
  `^(x|hydra|odata|meta|grand|overall|full|all|list|set|of|in|available|matching|num(ber)?|nb|no|totals?|counts?|found|filtered|amount|size|length|${THINGS})+$`,
);
const IS_TOTAL = new RegExp(
  `total|count|found|filtered|^(num(ber)?|nb)(of)?${THINGS}$|^noof${THINGS}$`,
);
const NO_TOTAL = /^no(total|count|results?|items|matches|found)/;
/** What a total may be divided into. */
const SHARE = new RegExp(`^(value|all|count|total|${THINGS})$`);
const PAGES =
  /^(total|max|last|num(ber)?(of)?|nb|count)?pages?(count|total)$|^(total|max|num(ber)?(of)?|nb)pages?$|^pages$|^last(page(number|index)?)?$/;
const PAGE = /^(current|this)?page(number|no|num|index)?$|^(start|from)(index|at|row)$/;
const OFFSET = /^(current|page)?(offset|skip|skipped)$/;
const BESIDE =
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

function saysMore(name: string, value: unknown, count: number): boolean {
  const number = toNumber(value);
  if (isTotal(name)) return numbersIn(value).some((total) => total > count);
  if (PAGES.test(name) && numbersIn(value).some((pages) => pages > 1)) return true;
  if (PAGE.test(name)) return numbersIn(value).some((page) => page > 1);
  if (OFFSET.test(name) && number !== undefined) return number > 0;
  if (MORE.test(name) && toFlag(value) !== undefined) return toFlag(value) === true;
  if (MORE.test(name) && number !== undefined) return number > 0;
  if (BESIDE.test(name)) return someValue(value, isBeside);
  if (LAST.test(name) && isNotLast(name, value)) return true;
  if (LAST_LINK.test(name)) return someValue(value, isLaterPage);
  return RANGE.test(name) && typeof value === 'string' && isPartialRange(value, count);
}

function isTotal(name: string): boolean {
  return ABOUT_COUNTS.test(name) && IS_TOTAL.test(name) && !NO_TOTAL.test(name);
}

/** Of a number, also in a text such as "1-20 of 57", "2 badges" or "1/3", or by the shares of a total. */
function numbersIn(value: unknown): number[] {
  const number = toNumber(value);
  if (number !== undefined) return [number];
  if (isObject(value)) {
    const shares = Object.keys(value).filter((key) => SHARE.test(toName(key)));
    return shares.flatMap((key) => toNumber(value[key]) ?? []);
  }
  if (typeof value !== 'string' || value.length > LONGEST_TOTAL || !LIKE_TOTAL.test(value)) {
    return [];
  }
  const digits = value.replace(/(?<=\d)[ .,\u00a0\u202f](?=\d{3}(?!\d))/g, '');
  return (digits.match(/\d{1,15}/g) ?? []).map(Number);
}

/** A longer text is a sentence, or no total. */
const LONGEST_TOTAL = 40;
/** Numbers, and around them nothing but words that totals and pages are written with. */
const LIKE_TOTAL = new RegExp(
  String.raw`^(?!\s*/)(\d|[\s.,/+~>≥–\u00a0\u202f-]|(showing|about|over|total|page|pages|of|out|to|${THINGS})(?![a-z]))+$`,
  'i',
);

/** A number may be that of the last page, or of the last record, where no question is asked. */
function isNotLast(name: string, value: unknown): boolean {
  return value === false || isNo(value) || (name.startsWith('is') && toFlag(value) === false);
}

/** No server takes longer ones. */
const MAX_LINK_CHARACTERS = 8_000;
const MAX_RANGE_CHARACTERS = 100;

/** Whether a value names the page before or after. The first one may be called 0, and some write -1 for none. */
function isBeside(value: unknown): boolean {
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

const BESIDE_THIS = /^(next|prev|previous)$/i;

/** A link as `{rel, href}`. */
function isLinkToMore(link: Readonly<Record<string, unknown>>): boolean {
  const { href, url, uri } = link;
  const relations = [link.rel, link.relation, link.type].flat();
  const isBesideThis = relations.some((one) => typeof one === 'string' && BESIDE_THIS.test(one));
  return isBesideThis && [href, url, uri].some(isThere);
}

function signInHeaders(head: AnswerHead, count: number): string | undefined {
  const linking = LINK_HEADERS.find((name) => headerValues(head, name).some(linksToMore));
  if (linking !== undefined) return `the header ${linking}`;
  const name = Object.keys(head.headers).find((header) =>
    headerValues(head, header).some((value) => headerSaysMore(header, value, count)),
  );
  return name === undefined ? undefined : `the header ${toPlainName(name)}`;
}

const LINK_HEADERS = ['link', 'links', 'x-link'];
const RELATION = /;\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))/gi;

/** By a page before or after, or by a last one that is not the first. */
function linksToMore(header: string): boolean {
  return header.split(/,(?=\s*<)/).some((link) => {
    const relations = [...link.matchAll(RELATION)].flatMap(([, ...texts]) =>
      texts.join('').split(/\s+/),
    );
    const isToLast = relations.some((name) => /^last$/i.test(name));
    return relations.some((name) => BESIDE_THIS.test(name)) || (isToLast && isLaterPage(link));
  });
}

/** What is usual has `x-` before it, and perhaps what it is about. */
function headerSaysMore(header: string, value: string, count: number): boolean {
  const name = toName(header.replace(/^x-/, '').replace(BEFORE_NAME, ''));
  if (/^(pagination|paging|page)$/.test(name) && value.trim().startsWith('{')) {
    return readEnvelope(tryToParse(value), () => false).parts.some((part) =>
      Object.keys(part).some((key) => saysMore(toName(key), part[key], count)),
    );
  }
  return saysMore(name, value, count);
}

const BEFORE_NAME = /^(pagination|paging|list|result|collection|wp|ms)-/;

function tryToParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A header that is no JSON says nothing in it.
    return undefined;
  }
}

/** Such as `badges 0-19/100`. Where the total is unknown, only what is before this part counts. */
function isPartialRange(range: string, count: number): boolean {
  if (range.length > MAX_RANGE_CHARACTERS) return false;
  const [, unit = '', first, last, total] =
    /^\s*(\w+)?[\s=]*(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/.exec(range) ?? [];
  if (Number(first) > 0) return true;
  if (total === undefined || total === '*') return false;
  const shown = /^bytes$/i.test(unit) && last !== undefined ? Number(last) + 1 : count;
  return Number(total) > shown;
}
