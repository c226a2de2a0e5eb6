import { headerValues } from '../http/answer.ts';
import type { AnswerHead } from '../http/answer.ts';
import { envelopeParts, isThere, someValue, toFlag, toName, toNumber } from './envelope.ts';
import { isObject } from './json.ts';

/** A list as it came, with all that stands around it. */
export interface ListAnswer {
  head: AnswerHead;
  json: unknown;
  /** The list inside the JSON. */
  records: readonly unknown[];
}

/** The name of whatever says that there is more than this list; undefined when nothing does. */
export function signOfMore({ head, json, records }: ListAnswer): string | undefined {
  if (head.status === 206) return 'the status 206';
  const count = records.length;
  const parts = envelopeParts(json, (value) => value === records);
  for (const part of parts) {
    const key = Object.keys(part).find((name) => saysMore(toName(name), part[name], count));
    if (key !== undefined) return toPlainName(key);
    if (isLinkToMore(part)) return 'a link to the next page';
  }
  return signInHeaders(head, count);
}

const PLAIN_NAME = /^[\w.$@-]{1,40}$/;

/** Its letters are those of known words; what stands between them may be anything. */
function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : toName(name);
}

const THINGS = '(items|records|results|elements|badges|docs|documents|rows|entries|objects|hits)';
const TOTAL = new RegExp(
  `^(grand|overall)?total(number)?(of)?(count|size|available|${THINGS})?$` +
    `|^(list|odata)?count$|^(num(ber)?|count)(of)?${THINGS}$|^(num)?found$` +
    '|^(item|record|result|element|badge|doc|document|row|object|hit)s?(count|total)$',
);
const PAGES =
  /^(total|max|last|num(ber)?(of)?|nb|count)?pages?(count|total)$|^(total|max|num(ber)?(of)?|nb)pages?$|^pages$|^lastpage(number|index)?$/;
const PAGE = /^(current|this)?page(number|no|num|index)?$/;
const OFFSET = /^(current|page)?(offset|skip|skipped)$/;
const BESIDE =
  /^(odata|page)?(next|prev|previous)(page|cursor|token|url|link|href|uri|offset|key|marker|id|start|index|batch|set|results|skip|path|number)*$|^continuation(token|key|url)?$|^(page)?cursor$|^morelink$/;
const MORE =
  /^(is|has|are|with)?(more|next|nextpage|prev|previous|prevpage|previouspage|morepages?|moreitems|moreresults|morerecords|moredata|morebadges|moreavailable|morecoming)$|^(is|was)?(truncated|incomplete|partial)(results?|list)?$|^remaining(items|records|results|badges|pages|count)$/;
const LAST =
  /^(is)?(last|lastpage|final|complete|completed|finished|exhausted|endoflist|allloaded)$/;
const LAST_LINK = /^last(page)?(url|link|href|uri)?$/;

function saysMore(name: string, value: unknown, count: number): boolean {
  const number = toNumber(isObject(value) ? (value.value ?? value.count ?? value.total) : value);
  if (TOTAL.test(name) && number !== undefined) return number > count;
  if (PAGES.test(name) && number !== undefined) return number > 1;
  if (PAGE.test(name) && number !== undefined) return number > 1;
  if (OFFSET.test(name) && number !== undefined) return number > 0;
  if (MORE.test(name) && toFlag(value) !== undefined) return toFlag(value) === true;
  if (MORE.test(name) && number !== undefined) return number > 0;
  if (BESIDE.test(name)) return someValue(value, isBeside);
  if (LAST.test(name) && (value === false || isNo(value))) return true;
  if (LAST_LINK.test(name)) return someValue(value, isLaterPage);
  return name === 'contentrange' && typeof value === 'string' && isPartialRange(value, count);
}

/** Whether a value names the page before or after. The first one may be called 0, and some write -1 for none. */
function isBeside(value: unknown): boolean {
  const number = toNumber(value);
  return number === undefined ? isThere(value) && value !== '#' : number > 0;
}

function isNo(value: unknown): boolean {
  return typeof value === 'string' && toNumber(value) === undefined && toFlag(value) === false;
}

function isLaterPage(value: unknown): boolean {
  const [, page] = /[?&]page(?:%5B|\[)?(?:number)?(?:%5D|\])?=(\d+)/i.exec(String(value)) ?? [];
  return Number(page) > 1;
}

const BESIDE_THIS = /^(next|prev|previous)$/i;

/** A link as `{rel, href}`. */
function isLinkToMore({ rel, href, url, uri }: Readonly<Record<string, unknown>>): boolean {
  const relations = [rel].flat();
  const isBesideThis = relations.some((one) => typeof one === 'string' && BESIDE_THIS.test(one));
  return isBesideThis && [href, url, uri].some(isThere);
}

function signInHeaders(head: AnswerHead, count: number): string | undefined {
  const links = headerValues(head, 'link').join();
  const relations = [...links.matchAll(/;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/gi)];
  const names = relations.flatMap(([, quoted, plain]) => (quoted ?? plain ?? '').split(/\s+/));
  if (names.some((name) => BESIDE_THIS.test(name))) return 'the header link';
  const name = Object.keys(head.headers).find((header) =>
    headerValues(head, header).some((value) => headerSaysMore(header, value, count)),
  );
  return name === undefined ? undefined : `the header ${toPlainName(name)}`;
}

/** What is usual has `x-` before it, and perhaps what it is about. */
function headerSaysMore(header: string, value: string, count: number): boolean {
  if (header === 'content-range') return isPartialRange(value, count);
  const name = toName(header.replace(/^x-/, '').replace(/^(pagination|paging|list|result)-/, ''));
  if (/^(pagination|paging|page)$/.test(name) && value.trim().startsWith('{')) {
    return envelopeParts(tryToParse(value), () => false).some((part) =>
      Object.keys(part).some((key) => saysMore(toName(key), part[key], count)),
    );
  }
  return saysMore(name, value, count);
}

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
  const [, unit = '', first, last, total] =
    /^\s*(\w+)?[\s=]*(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/.exec(range) ?? [];
  if (Number(first) > 0) return true;
  if (total === undefined || total === '*') return false;
  const shown = /^bytes$/i.test(unit) && last !== undefined ? Number(last) + 1 : count;
  return Number(total) > shown;
}
