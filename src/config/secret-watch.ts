import { statSync } from 'node:fs';
import { ConfigError, type Steps } from './config-error.ts';
import {
  type Given,
  type ReadFile,
  type SecretReading,
  partsOf,
  readSecret,
  readText,
} from './secrets.ts';
import { ROUTER_SECRET, redisUrlProblem, toRouterSecrets } from './variables.ts';

/** Files as they are when nobody is writing them. */
export interface FileTexts {
  /** Looks at all files that are held, and tells whether what counts has changed. */
  look(): Steps<boolean>;
  /** Begins to read a setting that takes several files. */
  begin(): void;
  /** What counts of a file, which is held from now on. One that is new counts once it was looked at. */
  read: ReadFile;
  /** Whether something was read since the beginning that does not count yet. */
  isUnsettled(): boolean;
  /** Holds no more what was not read since the beginning. */
  forgetOthers(): void;
  readonly size: number;
}

export interface FileTextsOptions {
  readFile?: ReadFile;
  /** What differs when a file is another one, or was written. */
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
  /** The signature would differ if the file was written since it was read. */
  isSure: boolean;
  seen: SecretReading;
  used: SecretReading | undefined;
}

/** Two writes within one tick of a file system's clock have one time. */
const TICK_MS = 3_000;
/** A file system may tell nothing of a write: each file is read at every third look, whatever its signature. */
const LOOKS_PER_READ = 3;

/** A text counts once it was the same at two looks: a file may be read while it is written. */
export function createFileTexts({
  readFile = readText,
  signatureOf = toSignature,
  wallTime = Date.now,
}: FileTextsOptions = {}): FileTexts {
  const files = new Map<string, Held>();
  const asked = new Set<string>();
  let looks = 0;

  function readNow(path: string): Omit<Held, 'used'> {
    // Before the text, so that a write meanwhile is noticed.
    const { text: signature, changedAt } = signatureOf(path);
    const isSure = changedAt < wallTime() - TICK_MS;
    return { signature, isSure, seen: readFile(path) };
  }
  /** Whether what counts has changed. */
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

/** Of what a link leads to. The time of a change, unlike that of a write, cannot be set. */
function toSignature(path: string): Signature {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(), changedAt: Number(ctimeMs) };
  } catch {
    // Why it cannot be read is told by who reads it.
    return { text: '', changedAt: Infinity };
  }
}

function isEqual(a: SecretReading | undefined, b: SecretReading | undefined): boolean {
  return a?.value === b?.value && a?.problem === b?.problem;
}

export interface SecretWatchOptions<Value> {
  given: Given;
  /** What is in use. */
  current: Value;
  onChange: (value: Value) => void;
  /** Told of each new reason why the file cannot be used as a whole. */
  onProblem: (error: ConfigError) => void;
  readFile?: ReadFile;
}

export interface RouterSecretWatchOptions extends SecretWatchOptions<readonly string[]> {
  /** Those of the present ones that are left, perhaps none. */
  onRevocation: (left: readonly string[]) => void;
}

/**
 * Returns how to look at the router's secrets once. A file that is wrong adds no secret, but one that no longer stands
 * in it counts no more. Of a file that is missing or cannot be read nothing is known, and all stay.
 */
export function createRouterSecretWatch(options: RouterSecretWatchOptions): () => void {
  const { given, onChange, onProblem, onRevocation, readFile } = options;
  let used = options.current;

  function keepFrom(text: string): void {
    const standing = new Set(partsOf(text));
    const left = used.filter((secret) => standing.has(secret));
    if (left.length === used.length) return;
    used = left;
    onRevocation(left);
  }
  return createLook(ROUTER_SECRET, { given, readFile }, (reading) => {
    const { secrets, problems } = toRouterSecrets(reading, given);
    const text = reading.isTooLarge ? '' : reading.value;
    if (problems.length > 0) onProblem(new ConfigError(problems));
    if (problems.length > 0 && text !== undefined) keepFrom(text);
    if (problems.length > 0 || secrets.join() === used.join()) return;
    used = secrets;
    onChange(secrets);
  });
}

/** Returns how to look at the URL of Redis once. A wrong one leaves the former in use. */
export function createRedisUrlWatch(options: SecretWatchOptions<string | undefined>): () => void {
  const { given, onChange, onProblem, readFile } = options;
  let used = options.current;
  return createLook('REDIS_URL', { given, readFile }, ({ value, problem }) => {
    const wrong = problem ?? (value === undefined ? undefined : redisUrlProblem(value));
    if (wrong !== undefined) onProblem(new ConfigError([`REDIS_URL_FILE: ${wrong}`]));
    if (wrong !== undefined || value === used) return;
    used = value;
    onChange(value);
  });
}

/**
 * Tells what a secret is, and then of its changes. Its file is small, and read at every look. A change counts once it
 * was read twice: a file may be read while it is written.
 */
function createLook(
  name: string,
  { given, readFile = readText }: { given: Given; readFile: ReadFile | undefined },
  onReading: (reading: SecretReading) => void,
): () => void {
  let [seen, told] = ['', ''];
  return () => {
    const reading = readSecret(name, given, readFile);
    const [before, text] = [seen, JSON.stringify(reading)];
    seen = text;
    if (text !== before || text === told) return;
    told = text;
    onReading(reading);
  };
}
