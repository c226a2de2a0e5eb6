import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { isObject } from '../http/json.ts';

/** The number of problems in one message. */
const MAX_PROBLEMS = 20;

/**
 * All problems of the settings at once, without the values of secrets. `more` counts further problems. `remarks` follow
 * them, since the cause of a problem may be a misspelt name.
 */
export class ConfigError extends Error {
  constructor(problems: readonly string[], more = 0, remarks: readonly string[] = []) {
    const told = problems.slice(0, MAX_PROBLEMS);
    const left = problems.length - told.length + more;
    const rest = left > 0 ? [`and ${left} more`] : [];
    super(['The configuration is invalid:', ...told, ...rest, ...remarks].join('\n  '));
    this.name = 'ConfigError';
  }
}

interface KnownNames {
  settings: readonly string[];
  /** Those of the settings that can also be read from a file. */
  secrets: readonly string[];
  /** The beginnings of names that no other program uses. */
  beginnings: readonly string[];
}

const FILE = '_FILE';
/** Variables that Kubernetes and Docker set for each service beside this one. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/;
/** What other services call a setting that has another name here. */
const FAMILIAR: Readonly<Record<string, string>> = { LOG_LEVEL: 'LOG_SAMPLE' };

/**
 * Returns a function that makes a sentence about a variable that has no effect although its name looks like that of a
 * setting, probably because of a typing error. Undefined: it is a setting, or belongs to another program.
 */
export function createRemarks(known: KnownNames): (name: string) => string | undefined {
  const settings = new Set(known.settings);
  const names = [...known.settings, ...known.secrets.map((secret) => `${secret}${FILE}`)];
  // As other programs do, proxies are also read in small letters.
  const lowercase = known.settings.filter(isProxy).map((setting) => setting.toLowerCase());
  const read = new Set([...names, ...lowercase]);
  const beginnings = known.beginnings.map(fold);
  const spelt = names.map((name) => ({ name, letters: fold(name) }));

  return (name) => {
    if (read.has(name)) return undefined;
    const remark = `${name} is set but has no effect`;
    const base = name.endsWith(FILE) ? name.slice(0, -FILE.length) : name;
    if (settings.has(base)) return `${remark}: only secrets are read from files. Set ${base}`;
    const meant = SERVICE_LINK.test(name)
      ? undefined
      : (nearest(name, spelt) ?? (base === name ? undefined : nearest(base, spelt)));
    if (meant !== undefined) return `${remark}. Did you mean ${meant}?`;
    const letters = fold(name);
    return beginnings.some((start) => letters.startsWith(start)) ? remark : undefined;
  };
}

function isProxy(name: string): boolean {
  return name.endsWith('_PROXY');
}

/** Whether other programs read the variable too, and others that begin like it. */
function isShared(name: string): boolean {
  return name.startsWith('NODE_') || isProxy(name);
}

/** Shorter names and beginnings, such as `HOST` and `REDIS`, are similar to those of other programs. */
const MIN_LETTERS = 7;
/** One letter in so many may be wrong, and two at most. */
const LETTERS_PER_ERROR = 6;
const MAX_ERRORS = 2;

interface Spelt {
  name: string;
  letters: string;
}

/** The name with the fewest wrong letters, or else one that begins with the same words, apart from its last. */
function nearest(name: string, known: readonly Spelt[]): string | undefined {
  const letters = fold(name);
  for (let errors = 0; errors <= MAX_ERRORS; errors += 1) {
    const min = Math.max(MIN_LETTERS, errors * LETTERS_PER_ERROR);
    const similar = known.find(
      (other) => other.letters.length >= min && isWithin(letters, other.letters, errors),
    );
    if (similar) return similar.name;
  }
  const words = `${name.toUpperCase()}_`;
  const beginsWith = (start: string): boolean =>
    words.startsWith(`${start}_`) && fold(start).length >= MIN_LETTERS;
  const own = known.map((other) => other.name).filter((other) => !isShared(other));
  return (
    FAMILIAR[name] ??
    own.find(beginsWith) ??
    own.find((other) => beginsWith(other.slice(0, other.lastIndexOf('_'))))
  );
}

function fold(name: string): string {
  return name.toUpperCase().replaceAll('_', '');
}

/** Whether so many changes make one text of the other: a letter more, less or another, or two letters swapped. */
function isWithin(one: string, other: string, changes: number): boolean {
  if (one === other) return true;
  if (changes === 0 || Math.abs(one.length - other.length) > changes) return false;
  let same = 0;
  while (one[same] === other[same]) same += 1;
  const [a, b] = [one.slice(same), other.slice(same)];
  const isSwapped = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return (
    isWithin(a.slice(1), b, changes - 1) ||
    isWithin(a, b.slice(1), changes - 1) ||
    isWithin(a.slice(1), b.slice(1), changes - 1) ||
    (isSwapped && isWithin(a.slice(2), b.slice(2), changes - 1))
  );
}

/** Work in small steps, between which other work can be done. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** How long other work may have to wait, milliseconds. */
const SLICE_MS = 5;

/** All steps at once, for the start of the service. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** All steps, in slices of a few milliseconds. */
export async function finishInSlices<Result>(steps: Steps<Result>): Promise<Result> {
  let begun = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - begun < SLICE_MS) continue;
    await turn();
    begun = performance.now();
  }
}

/** The environment variables of the process, without empty ones. */
export type Given = Readonly<Record<string, string | undefined>>;

export interface SecretReading {
  value: string | undefined;
  problem?: string;
  /** Set if the file exists and is too large to be read. */
  isTooLarge?: true;
}

/** Reads a file. */
export type ReadFile = (path: string) => SecretReading;

/** The variable that gives a secret, for problems: the setting, or the one that names its file. */
export function givenName(name: string, given: Given): string {
  return given[`${name}_FILE`] === undefined ? name : `${name}_FILE`;
}

/** Reads a secret from its variable, or from the file that `NAME_FILE` names. */
export function readSecret(
  name: string,
  given: Given,
  readFile: ReadFile = readText,
): SecretReading {
  const file = given[`${name}_FILE`];
  if (file === undefined) return { value: given[name] };
  if (given[name] !== undefined)
    return { value: given[name], problem: `${name} is also set. Set only one of the two` };
  return readFile(file);
}

/** A file is read often while the service runs. A thousand tenants take half of this. */
const MAX_BYTES = 512 * 1024;

/** Reads a file, without the line break at its end. */
export function readText(file: string): SecretReading {
  let descriptor: number | undefined;
  try {
    // Opening a pipe would otherwise block the process.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { value: undefined, problem: 'is not a file' };
    if (stat.size > MAX_BYTES) {
      const problem = `the file is larger than ${MAX_BYTES} bytes`;
      return { value: undefined, problem, isTooLarge: true };
    }
    return { value: readFileSync(descriptor, 'utf8').trimEnd() };
  } catch (error) {
    return { value: undefined, problem: `the file cannot be read (${codeOf(error)})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return isObject(error) ? String(error.code) : 'unknown error';
}

/** The characters of a header, without the comma, which separates secrets. */
const routerSecret = z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,1024}$/);

export function isRouterSecret(text: string): boolean {
  return routerSecret.safeParse(text).success;
}

/** Several secrets may be valid at the same time, separated by commas. */
export function partsOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((secret) => secret.trim());
}

/** The texts of files, as they are while no process is writing them. */
export interface FileTexts {
  /** Checks all files, and returns whether a text that counts has changed. */
  look(): Steps<boolean>;
  /** To be called before the files of a setting are read. */
  begin(): void;
  /** Reads the text of a file that counts, and watches the file from now on. A new file counts once it was checked. */
  read: ReadFile;
  /** Whether a text that was read since `begin` does not count yet. */
  isUnsettled(): boolean;
  /** Stops watching the files that were not read since `begin`. */
  forgetOthers(): void;
  readonly size: number;
}

export interface FileTextsOptions {
  readFile?: ReadFile;
  /** Differs if the file was written or replaced. */
  signatureOf?: (path: string) => Signature;
  /** Epoch milliseconds. */
  wallTime?: () => number;
}

export interface Signature {
  text: string;
  /** Epoch milliseconds of the last change of any kind. */
  changedAt: number;
}

interface Held {
  signature: string;
  /** Whether a write since the file was read would change the signature. */
  isSure: boolean;
  seen: SecretReading;
  used: SecretReading | undefined;
}

/** Two writes within one tick of the file system's clock have the same time. */
const TICK_MS = 3_000;
/** Some file systems do not report a write, so each file is read at every third check. */
const LOOKS_PER_READ = 3;

/** A text counts once two checks in a row have found it, because a file may be read while it is written. */
export function createFileTexts({
  readFile = readText,
  signatureOf = toSignature,
  wallTime = Date.now,
}: FileTextsOptions = {}): FileTexts {
  const files = new Map<string, Held>();
  const asked = new Set<string>();
  let looks = 0;

  function readNow(path: string): Omit<Held, 'used'> {
    // Taken before the text is read, so that a write in between is noticed.
    const { text: signature, changedAt } = signatureOf(path);
    const isSure = changedAt < wallTime() - TICK_MS;
    return { signature, isSure, seen: readFile(path) };
  }
  /** Returns whether the text that counts has changed. */
  function lookAt(path: string, held: Held, isDue: boolean): boolean {
    const isSame = held.isSure && !isDue && signatureOf(path).text === held.signature;
    const before = held.seen;
    if (!isSame) Object.assign(held, readNow(path));
    if (!isEqual(before, held.seen) || isEqual(held.used, held.seen)) return false;
    held.used = held.seen;
    return true;
  }

  return {
    read(path) {
      asked.add(path);
      const held = files.get(path) ?? { ...readNow(path), used: undefined };
      files.set(path, held);
      return held.used ?? held.seen;
    },
    *look() {
      looks += 1;
      let index = 0;
      let hasChanged = false;
      for (const [path, held] of files) {
        index += 1;
        const isDue = (looks + index) % LOOKS_PER_READ === 0;
        hasChanged = lookAt(path, held, isDue) || hasChanged;
        yield;
      }
      return hasChanged;
    },
    begin: () => asked.clear(),
    isUnsettled: () => [...asked].some((path) => files.get(path)?.used === undefined),
    forgetOthers() {
      [...files.keys()].filter((path) => !asked.has(path)).forEach((path) => files.delete(path));
    },
    get size() {
      return files.size;
    },
  };
}

/** Follows links. The time of the last change, unlike that of the last write, cannot be set. */
function toSignature(path: string): Signature {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(), changedAt: Number(ctimeMs) };
  } catch {
    // Reading the file reports the reason.
    return { text: '', changedAt: Infinity };
  }
}

function isEqual(a: SecretReading | undefined, b: SecretReading | undefined): boolean {
  return a?.value === b?.value && a?.problem === b?.problem;
}

/** The version of this service. */
export function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}
