import { isObject } from '../http/json.ts';
import { ProviderError, envelopeError } from '../http/provider-error.ts';
import {
  type EnvelopePart,
  isThere,
  readEnvelope,
  someValue,
  toFlag,
  toName,
  toNumber,
  toWord,
} from './envelope.ts';

/** An import would read all exports of the module, some of which load Node's own copy of undici. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** What a response says about the request that it answers. */
export interface Verdict {
  /**
   * `unclear`: neither success nor failure, or not finished yet. `both`: success in one place and failure in another.
   */
  readonly says: 'yes' | 'no' | 'both' | 'unclear';
  /** The HTTP status codes of errors in the response: numeric ones first, and outer ones before inner ones. */
  readonly codes: readonly number[];
}

interface VerdictOptions {
  /** The HTTP status of the response. */
  status: number;
  /** Marks data that is not part of the envelope: its fields say nothing about the request. */
  isRecord: (value: unknown) => boolean;
  /** Whether the provider documents this response as a success without a flag. */
  isBareSuccess?: boolean;
}

/** What has been found so far. A success code counts less than a flag, because it may only repeat the HTTP status. */
interface Signs {
  yes: boolean;
  yesByCode: boolean;
  no: boolean;
  doubt: boolean;
  codes: number[];
  /** Codes that are written as words. */
  namedCodes: number[];
}

/** Other success codes, such as 202 and 207, mean that the work is not finished or was done only in part. */
const PLAIN_SUCCESS = [200, 201, 203];
const MULTI_STATUS = 207;

/** Reads every flag, code and error of an envelope, wherever it is and however it is spelled. */
export function readVerdict(json: unknown, options: VerdictOptions): Verdict {
  const { status, isRecord, isBareSuccess = false } = options;
  const signs: Signs = {
    yes: false,
    yesByCode: isBareSuccess,
    no: false,
    doubt: !PLAIN_SUCCESS.includes(status),
    codes: [],
    namedCodes: [],
  };
  const { parts, isWhole } = readEnvelope(json, isRecord);
  for (const part of parts) notePart(part, signs);
  if (isObject(json) && isRecord(json)) notePart(envelopeOfBare(json), signs);
  if (!isWhole) signs.doubt = true;
  // A bare text can report a failure. No bare text is documented as a success.
  if (typeof json === 'string' || json === false) {
    notePart({ result: json }, signs);
    signs.doubt = true;
  }
  return { says: conclude(signs, status), codes: [...signs.codes, ...signs.namedCodes] };
}

/** The error that a response reports. Undefined if it reports none. */
export function refusalIn({ says, codes }: Verdict): ProviderError | undefined {
  switch (says) {
    case 'no':
      return envelopeError(codes[0]);
    case 'both':
      return new ProviderError('reported both success and failure', {
        kind: 'bad-response',
        effect: 'unknown',
        isBreakdown: false,
      });
    case 'yes':
    case 'unclear':
      return undefined;
  }
}

function conclude({ yes, yesByCode, no, doubt }: Signs, status: number): Verdict['says'] {
  if (no) return yes || status === MULTI_STATUS ? 'both' : 'no';
  return (yes || yesByCode) && !doubt ? 'yes' : 'unclear';
}

/**
 * A record without an envelope has the envelope's flags among its own fields. Other fields may be its own, and are
 * ignored.
 */
function envelopeOfBare(record: Readonly<Record<string, unknown>>): EnvelopePart {
  const said = Object.entries(record).filter(([key]) => {
    const name = toName(key);
    return FLAG.test(name) || ERROR.test(name) || /^(http)?statuscode$/.test(name);
  });
  return Object.fromEntries(said);
}

const FLAG = /^(is)?(success|successful|successfully|succeeded|ok|okay|ack|acknowledged)$/;
const STATE = /^(request|response|result|http)?(status|state|outcome)$/;
const CODE =
  /^code$|^type$|^(http|status|httpstatus|response|result|return)code$|^(http)?status(text|message|phrase|name)$/;
const ERROR =
  /^(has|is|with)?(\w*errors?|err|exceptions?|faults?)(code|message|msg|description|detail|info|type|list|reason|text|name|id|number|status|count|counter)?s?$|^errno$|^(is)?fail(s|ed|ures?)?(ids?|items|badges|users|records|count|code|reason|message|details?)?$|^(problems?|violations?)$/;
const COUNT = /count(er)?s?$/;
const LEFT_OUT =
  /^(not(found|processed|assigned|applied|updated|deleted|awarded)|invalid|missing|unknown|skipped|ignored|unprocessed|unassigned|unsuccessful|rejected|refused|denied)(ids?|items|badges|users|records|count)?$|^(ids?|items|badges|users|records)(not(found|processed|assigned|applied|updated|deleted|awarded)|invalid|missing|unknown|skipped|ignored|rejected|refused|denied)$|^(is)?partial(success|ly)?$/;
const EFFECT =
  /^(is)?(deleted|removed|updated|created|applied|changed|modified|matched|saved|assigned|awarded|revoked|affected|processed|nmodified|done|completed)(count|rows|records|items|badges)?$|^(rows|records|items)?affected$|^success(ful|es)?(count|total)$|^(is)?(valid|allowed|permitted|authorized|authenticated|accepted|granted)$/;
const PAYLOAD = /^(result|data|body|response|payload)$/;
/** The name of a field that reports on one item: the ID of that item. */
const ITEM = /^([0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function notePart(part: EnvelopePart, signs: Signs): void {
  for (const [key, value] of Object.entries(part)) {
    const name = toName(key);
    if (FLAG.test(name)) noteFlag(value, signs);
    else if (STATE.test(name)) noteState(value, signs, true);
    else if (CODE.test(name)) noteState(value, signs, false);
    else if (ERROR.test(name)) noteError(name, value, signs);
    else if (LEFT_OUT.test(name)) signs.doubt ||= someValue(value, isCounted);
    else if (EFFECT.test(name)) signs.doubt ||= isNoEffect(value);
    else if (ITEM.test(key)) noteItem(value, signs);
    else if (PAYLOAD.test(name) && typeof value !== 'object') noteState(value, signs, false);
  }
}

function noteFlag(value: unknown, signs: Signs): void {
  const flag = toFlag(value);
  if (flag === true) signs.yes = true;
  else if (flag === false) signs.no = true;
  else if (isThere(value) && !noteCode(value, signs)) signs.doubt = true;
}

/**
 * The success of one item says nothing about the others. A number may be a status or anything else, such as a count.
 */
function noteItem(value: unknown, signs: Signs): void {
  const { yes, yesByCode } = signs;
  const number = toNumber(value);
  if (number !== undefined && number > 1) {
    signs.doubt ||= number >= 400 && number < 600;
    return;
  }
  noteState(value, signs, true);
  Object.assign(signs, { yes, yesByCode });
}

/** If `isState`, the words are a flag. Otherwise they are about codes, and may only repeat the HTTP status. */
function noteState(value: unknown, signs: Signs, isState: boolean): void {
  if (noteCode(value, signs)) return;
  // 0 means success to some APIs and failure to others, and so does 1 as a code.
  const number = toNumber(value);
  if (number === 0 || (number === 1 && !isState)) return;
  const flag = toFlag(value);
  if (flag === false) signs.no = true;
  else if (flag === true) signs[isState ? 'yes' : 'yesByCode'] = true;
  else if (typeof value === 'string' && PENDING.test(toName(value))) signs.doubt = true;
}

const PENDING =
  /^(pending|processing|accepted|queued|enqueued|inprogress|scheduled|waiting|started|running|partial|partially\w*|partialsuccess|partialcontent|multistatus|mixed)$/;

/** Returns whether the value is a code. */
function noteCode(value: unknown, signs: Signs): boolean {
  const code = toCode(value);
  if (code === undefined) return false;
  if (code >= 400 || code < 0) {
    signs.no = true;
    keepCode(code, value, signs);
  } else if (PLAIN_SUCCESS.includes(code) || code === 204) signs.yesByCode = true;
  else if (code >= 200) signs.doubt = true;
  return code < 0 || code >= 100;
}

function keepCode(code: number, value: unknown, { codes, namedCodes }: Signs): void {
  if (code < 400 || code >= 600) return;
  (toNumber(value) === undefined ? namedCodes : codes).push(code);
}

/** The first code is reported. The others may decide what it means. */
const MAX_CODES = 100;
const MAX_CODE_CHARACTERS = 200;

/** Codes by their names, in any spelling. */
const CODES: readonly (readonly [RegExp, number])[] = [
  [/^(badrequest|invalid(request|input|argument)|validation(error|failed))$/, 400],
  [/^(unauthori[sz]ed|unauthenticated|(invalid|expired)(token|apikey)|tokenexpired)$/, 401],
  [/^(forbidden|(access|permission)denied)$/, 403],
  [/^\w*(notfound|doesnotexist)$|^nosuch\w+$/, 404],
  [/^methodnotallowed$/, 405],
  [/^(requesttimeout|timeout|timedout)$/, 408],
  [/^(\w*conflict|\w*alreadyexists|duplicate\w*)$/, 409],
  [/^gone$/, 410],
  [/^unprocessable(entity|content)?$/, 422],
  [/^(toomanyrequests|ratelimit(ed|exceeded|reached)?|throttled|quotaexceeded)$/, 429],
  [/^(internal(server)?error|servererror|unknownerror)$/, 500],
  [/^notimplemented$/, 501],
  [/^badgateway$/, 502],
  [/^(service)?unavailable$/, 503],
  [/^gatewaytimeout$/, 504],
];

/** A numeric code, also in a text such as "404 Not Found" or by its name. Undefined if the value is no code. */
function toCode(value: unknown): number | undefined {
  const number = toNumber(value);
  if (number !== undefined || typeof value !== 'string') return number;
  if (value.length > MAX_CODE_CHARACTERS) return undefined;
  const [, digits = '', words = ''] = /^\s*(?:http\S*\s+|e)?([1-5]\d\d)\b(.*)$/i.exec(value) ?? [];
  const phrase = STATUS_CODES[digits];
  if (digits !== '' && (words.trim() === '' || toName(words) === toName(phrase ?? '-'))) {
    return Number(digits);
  }
  const name = toName(value);
  return CODES.find(([pattern]) => pattern.test(name))?.[1];
}

function noteError(name: string, value: unknown, signs: Signs): void {
  if (isNo(value) || !someValue(value, isError)) return;
  signs.no = true;
  if (COUNT.test(name)) return;
  // Deeper values are parts of the envelope themselves, and are read as such.
  for (const each of Array.isArray(value) ? value.slice(0, MAX_CODES) : [value]) {
    const code = toCode(each);
    if (code !== undefined) keepCode(code, each, signs);
  }
}

/** Some APIs answer the question whether there are errors. */
function isNo(value: unknown): boolean {
  return typeof value === 'string' && /^no?$/.test(toWord(value));
}

const NO_ERROR = /^(0+|ok|success|no[ _-]?errors?\b.*)$/;

/** Whether the value of an error field reports an error. */
function isError(value: unknown): boolean {
  if (typeof value === 'string') {
    return isThere(value) && !NO_ERROR.test(toWord(value));
  }
  if (typeof value === 'number') return value !== 0 && !(value >= 200 && value < 300);
  return value === true;
}

function isCounted(value: unknown): boolean {
  return isThere(value) && toNumber(value) !== 0;
}

/** Whether nothing was deleted, assigned or changed. That may be correct, and a read can tell. */
function isNoEffect(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : toFlag(value) === false;
}
