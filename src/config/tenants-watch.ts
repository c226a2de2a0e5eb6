import type { TenantSettings } from '../providers/settings.ts';
import { ConfigError, type Steps, finishInSlices } from './config-error.ts';
import type { FileTexts } from './secret-watch.ts';
import type { Given } from './secrets.ts';
import {
  type WrongTenants,
  readOneTenant,
  readTenantsFile,
  readTenantsText,
} from './tenants-file.ts';
import type { YamlReading } from './yaml-tree.ts';

export interface TenantsWatchOptions {
  given: Given;
  /** Those that are served. */
  current: readonly TenantSettings[];
  onChange: (tenants: readonly TenantSettings[]) => void;
  /** Those of the present ones that are left. */
  onRevocation: (left: readonly TenantSettings[]) => void;
  /** Told once for each new reason why what is there cannot be used. */
  onProblem: (error: ConfigError) => void;
  texts: FileTexts;
  readYaml: (text: string) => Promise<YamlReading>;
}

const LINES_PER_STEP = 200;
/** Wrong settings leave the files of the former ones at hand, and may name other files each time. */
const MAX_FILES = 20_000;
/** When a file is tried again that took too long. */
const LOOKS_UNTIL_RETRY = 30;

type Outcome = { tenants: readonly TenantSettings[] } | WrongTenants;

/**
 * Returns how to look at the settings of tenants once: at the file of tenants, and at the files of secrets. Nothing is
 * read anew unless one of them has changed, and then in slices of a few milliseconds. Wrong settings leave the former
 * ones in use, but a tenant that the file of tenants no longer names is served no more. A file that names none of the
 * present ones is taken for a slip, and not for the end of all.
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
    // A new file may keep changing; a tenant that has to be removed does not wait for it.
    else if ('tenants' in outcome) {
      keepNamed(new Set(outcome.tenants.map(({ id }) => id)), options.onChange);
    }
  };
}

/** Of the last text only, unless another try may do better. */
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

/** All that could be a name in a file that is no YAML, without its comments. */
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
