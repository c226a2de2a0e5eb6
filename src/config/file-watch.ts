import type { TenantSettings } from '../providers/settings.ts';
import {
  ConfigError,
  type FileTexts,
  type Given,
  type ReadFile,
  type SecretReading,
  type Steps,
  finishInSlices,
  partsOf,
  readSecret,
  readText,
} from './source.ts';
import {
  type WrongTenants,
  readOneTenant,
  readTenantsFile,
  readTenantsText,
} from './tenants-file.ts';
import { type SecretList, redisUrlProblem, toSecrets } from './variables.ts';
import type { YamlReading } from './yaml-tree.ts';

interface SecretWatchOptions<Value> {
  given: Given;
  /** The value in use. */
  current: Value;
  onChange: (value: Value) => void;
  /** Called for each new reason why the file cannot be used as a whole. */
  onProblem: (error: ConfigError) => void;
  readFile?: ReadFile;
}

interface SecretListWatchOptions extends SecretWatchOptions<readonly string[]> {
  /** Called with the present secrets that remain valid, perhaps none. */
  onRevocation: (left: readonly string[]) => void;
}

/**
 * Returns a function that checks the secrets of one setting once. An invalid file adds no secret, but revokes those that
 * it no longer contains. If the file is missing or cannot be read, all secrets remain valid.
 */
export function createSecretListWatch(
  list: SecretList,
  options: SecretListWatchOptions,
): () => void {
  const { given, onChange, onProblem, onRevocation, readFile } = options;
  let used = options.current;

  function keepFrom(text: string): void {
    const standing = new Set(partsOf(text));
    const left = used.filter((secret) => standing.has(secret));
    if (left.length === used.length) return;
    used = left;
    onRevocation(left);
  }
  return createLook(list.name, { given, readFile }, (reading) => {
    const { secrets, problems } = toSecrets(list, reading, given);
    const text = reading.isTooLarge ? '' : reading.value;
    if (problems.length > 0) onProblem(new ConfigError(problems));
    if (problems.length > 0 && text !== undefined) keepFrom(text);
    if (problems.length > 0 || secrets.join() === used.join()) return;
    used = secrets;
    onChange(secrets);
  });
}

/** Returns a function that checks the URL of Redis once. An invalid one leaves the former in use. */
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
 * Reports the secret at first, and then each change. The file is small, and read at every check. A change counts once it
 * was read twice, because a file may be read while it is written.
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

interface TenantsWatchOptions {
  given: Given;
  /** The tenants in use. */
  current: readonly TenantSettings[];
  onChange: (tenants: readonly TenantSettings[]) => void;
  /** Called with the present tenants that remain. */
  onRevocation: (left: readonly TenantSettings[]) => void;
  /** Called once for each new reason why the settings cannot be used. */
  onProblem: (error: ConfigError) => void;
  texts: FileTexts;
  readYaml: (text: string) => Promise<YamlReading>;
}

const LINES_PER_STEP = 200;
/** Invalid settings leave the former files in use, and may name other files each time. */
const MAX_FILES = 20_000;
/** When to try a file again that took too long. */
const LOOKS_UNTIL_RETRY = 30;

type Outcome = { tenants: readonly TenantSettings[] } | WrongTenants;

/**
 * Returns a function that checks the settings of tenants once: the tenants file and the files of secrets. They are read
 * again only if one has changed, in slices of a few milliseconds. Invalid settings leave the former ones in use, but
 * remove a tenant that the file no longer names. A file that names none of the present tenants is taken for a mistake,
 * and removes none.
 */
export function createTenantsWatch(options: TenantsWatchOptions): () => Promise<void> {
  const { given, texts } = options;
  const isProduction = given.NODE_ENV === 'production';
  const source = { given, isProduction, readFile: texts.read };
  const readYamlOnce = createMemory(options.readYaml);
  let used = options.current;
  let problem: string | undefined;
  let isDue = true;
  let looksUntilRetry = 0;

  async function read(): Promise<Outcome> {
    if (given.TENANTS_FILE === undefined) {
      const problems: string[] = [];
      const tenant = readOneTenant(source, problems);
      return problems.length > 0 ? { problems, more: 0, named: undefined } : { tenants: [tenant] };
    }
    const {
      path,
      value,
      problem: unreadable = '',
    } = readTenantsText(given.TENANTS_FILE, texts.read);
    if (value === undefined) return { problems: [unreadable], more: 0, named: undefined };
    const yaml = await readYamlOnce(value);
    if (isUnfinished(yaml)) looksUntilRetry = LOOKS_UNTIL_RETRY;
    const outcome = await finishInSlices(readTenantsFile({ ...source, path }, yaml));
    if ('tenants' in outcome || outcome.named) return outcome;
    return { ...outcome, named: await finishInSlices(wordsOf(value)) };
  }

  function use(tenants: readonly TenantSettings[]): void {
    problem = undefined;
    if (JSON.stringify(tenants) === JSON.stringify(used)) return;
    used = tenants;
    options.onChange(tenants);
  }
  function tell({ problems, more }: WrongTenants): void {
    const error = new ConfigError(problems, more);
    if (error.message !== problem) options.onProblem(error);
    problem = error.message;
  }
  function keepNamed(named: ReadonlySet<string>, onLeft: typeof options.onChange): void {
    const left = used.filter(({ id }) => named.has(id));
    if (left.length === 0 || left.length === used.length) return;
    used = left;
    onLeft(left);
  }
  function take(outcome: Outcome): void {
    if ('tenants' in outcome) {
      texts.forgetOthers();
      use(outcome.tenants);
      return;
    }
    if (texts.size > MAX_FILES) texts.forgetOthers();
    tell(outcome);
    if (outcome.named) keepNamed(outcome.named, options.onRevocation);
  }

  return async () => {
    looksUntilRetry -= 1;
    if ((await finishInSlices(texts.look())) || looksUntilRetry === 0) isDue = true;
    if (!isDue) return;
    texts.begin();
    const outcome = await read();
    isDue = texts.isUnsettled();
    if (!isDue) take(outcome);
    // A removed tenant does not wait for a new file that keeps changing.
    else if ('tenants' in outcome) {
      keepNamed(new Set(outcome.tenants.map(({ id }) => id)), options.onChange);
    }
  };
}

/** Remembers the last text, unless another try may succeed. */
function createMemory(
  read: (text: string) => Promise<YamlReading>,
): (text: string) => Promise<YamlReading> {
  let last: { text: string; yaml: YamlReading } | undefined;
  return async (text) => {
    if (last?.text === text && !isUnfinished(last.yaml)) return last.yaml;
    last = { text, yaml: await read(text) };
    return last.yaml;
  };
}

function isUnfinished(yaml: YamlReading): boolean {
  return 'isUnfinished' in yaml;
}

/** All words that may be names in a file that is not valid YAML, without its comments. */
function* wordsOf(text: string): Steps<Set<string>> {
  const words = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trimStart().startsWith('#')) {
      for (const [word] of line.matchAll(/[\w.-]+/g)) words.add(word);
    }
    if (index % LINES_PER_STEP === 0) yield;
  }
  return words;
}
