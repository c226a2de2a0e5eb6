import { headerValues } from './answer.ts';
import type { Answered } from './attempt.ts';
import { readJson } from './body.ts';
import { ProviderError } from './provider-error.ts';
import { cutText } from './whole-text.ts';

/** Beyond this a body is no message for people. */
const MAX_BODY_BYTES = 256 * 1024;
/** What people are shown is a part of it. Longer texts would take long to compare. */
const MAX_CHARACTERS = 2_000;
/** An answer may list a problem of every record. */
const MAX_DETAILS = 10;

/** The parts of an error body that are looked through, the nearest first. */
const PLACES = ['meta', 'error', 'errors', 'body', 'data', 'result', 'response', 'status'];
const MESSAGES = ['message', 'error', 'detail', 'title', 'description', 'error_description'];
const MORE_MESSAGES = ['errorMessage', 'error_message', 'msg', 'reason', 'devMessage', 'errors'];
/** Where an API says what is wrong in detail: a list, or an object by the names of fields. */
const DETAILS = [
  ...['errors', 'details', 'validationErrors', 'validation_errors', 'fieldErrors', 'field_errors'],
  ...['issues', 'violations', 'invalidParams', 'invalid_params', 'invalid-params', 'reasons'],
];
/** Of one detail: the field that it is about. */
const FIELDS = ['field', 'path', 'property', 'propertyPath', 'param', 'name'];
/** Where an API says less than a sentence. */
const NAMES = ['body', 'data', 'result', 'statusMessage', 'statusText', 'type'];

/** What a provider says for people about a request that failed, as it wrote it. Undefined: nothing that can be read. */
export async function findProviderMessage({ head, body }: Answered): Promise<string | undefined> {
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return undefined;
  const type = headerValues(head, 'content-type').join();
  if (/html|xml/i.test(type)) return undefined;
  const json = await tryToRead(body);
  if (json !== undefined) return findIn(json);
  const text = body.toString('utf8');
  // Broken JSON, or no text at all.
  return /^\s*[[{"]|[\0\uFFFD]/.test(text) ? undefined : toSentence(text);
}

/** Undefined for what is no JSON. */
async function tryToRead(body: Buffer): Promise<unknown> {
  try {
    return await readJson(body, { headers: {} });
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

function findIn(json: unknown): string | undefined {
  if (typeof json === 'string') return toSentence(json);
  const parts = partsOf(json);
  const found = [MESSAGES, MORE_MESSAGES, NAMES].flatMap((names) =>
    parts.flatMap((part) => names.flatMap((name) => toText(part[name]) ?? [])),
  );
  const [message] = found;
  const details = parts.flatMap((part) =>
    [...DETAILS.map((name) => part[name]), isPart(part.message) ? part.message : undefined]
      .map((value) => (isText(value) ? [value] : value))
      .flatMap(toDetails),
  );
  const unsaid = [...new Set(details)].filter((detail) => !message?.includes(detail)).join('; ');
  if (message === undefined || unsaid === '') return message ?? (unsaid || undefined);
  return `${message}: ${unsaid}`;
}

type Part = Readonly<Record<string, unknown>>;

/** The envelope and what is directly in it. */
function partsOf(json: unknown): Part[] {
  if (!isPart(json)) return Array.isArray(json) ? json.slice(0, MAX_DETAILS).filter(isPart) : [];
  const outer = withSmallNames(json);
  const inner = PLACES.map((place) => outer[place]).filter(isPart);
  return [outer.meta, outer, ...inner].filter(isPart).map(withSmallNames);
}

/** Some APIs begin names with a capital letter. */
function withSmallNames(part: Part): Part {
  const entries = Object.entries(part).map(([name, value]) => {
    return [name.charAt(0).toLowerCase() + name.slice(1), value] as const;
  });
  return Object.fromEntries(entries);
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or a list of texts or of objects with one. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return toSentence(value);
  if (!Array.isArray(value)) return undefined;
  const texts = toDetails(value);
  return texts.length === 0 ? undefined : texts.join('; ');
}

/** Of a list, or of an object with the problems of each field. */
function toDetails(errors: unknown): string[] {
  if (Array.isArray(errors)) {
    return errors.slice(0, MAX_DETAILS).flatMap((error) => toDetail(error) ?? []);
  }
  if (!isPart(errors)) return [];
  return Object.entries(errors)
    .filter(([field]) => !MESSAGES.includes(field))
    .slice(0, MAX_DETAILS)
    .flatMap(([field, problem]) => {
      const text = toText(problem) ?? toSentence(messageOf(problem));
      return text === undefined ? [] : [`${field}: ${text}`];
    });
}

/** What is wrong, after the field that it is wrong with. */
function toDetail(error: unknown): string | undefined {
  const message = toSentence(messageOf(error));
  const field = isPart(error) ? FIELDS.map((name) => error[name]).find(isText) : undefined;
  const isPlain = field !== undefined && PLAIN_FIELD.test(field) && !message?.includes(field);
  return message !== undefined && isPlain ? `${field}: ${message}` : message;
}

const PLAIN_FIELD = /^[\w.[\]-]{1,60}$/;

function messageOf(error: unknown): unknown {
  if (!isPart(error)) return error;
  return [...MESSAGES, ...MORE_MESSAGES].map((name) => error[name]).find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** A page for browsers is no message. */
const MARKUP = /<\s*[!/?a-z][^<>]*>/i;

function toSentence(value: unknown): string | undefined {
  const text = isText(value) ? cutText(value, MAX_CHARACTERS) : undefined;
  return text === undefined || MARKUP.test(text) ? undefined : text;
}
