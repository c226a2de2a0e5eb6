import { ROUTER_SECRET, toRouterSecrets } from './access.ts';
import { ConfigError } from './config-error.ts';
import { redisUrlProblem } from './redis-url.ts';
import { partsOf, readSecret, readText } from './secrets.ts';
import type { Given, ReadFile, SecretReading } from './secrets.ts';

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
