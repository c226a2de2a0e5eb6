/**
 * Compares the printed schema with that of the last version: npm run schema:changes
 * Fails if a breaking or dangerous change is neither listed in meant-changes.yml nor said by the version.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { type GraphQLSchema, buildASTSchema, parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

const SCHEMA = 'schema/badges.graphql';
const LIST = 'schema/meant-changes.yml';

export interface Version {
  version: string;
  sdl: string;
}

export interface Verdict {
  /** What has to be done, a line each. Empty if the check passes. */
  problems: string[];
  /** Numbers of changes. `meant` are breaking or dangerous. */
  harmless: number;
  meant: number;
}

/** `reasons` has the reason of each change that is meant, by the message of the change. */
export async function judgeChanges(
  before: Version,
  after: Version,
  reasons: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const changes = await diff(toSchema(before.sdl), toSchema(after.sdl));
  const risky = changes.filter(({ criticality }) => criticality.level !== HARMLESS);
  const unmeant = risky.filter(
    (change) => !(change.message in reasons) && !isSaidBy(before.version, after.version, change),
  );
  const messages = new Set(risky.map(({ message }) => message));
  const outdated = Object.keys(reasons).filter((message) => !messages.has(message));
  return {
    problems: [
      ...unmeant.map(({ criticality, message }) => `${WORDS[criticality.level]}: ${message}`),
      ...outdated.map((message) => `Listed, but no change since ${before.version}: ${message}`),
    ],
    harmless: changes.length - risky.length,
    meant: risky.length - unmeant.length,
  };
}

const HARMLESS = CriticalityLevel.NonBreaking;
const WORDS: Readonly<Record<CriticalityLevel, string>> = {
  [CriticalityLevel.Breaking]: 'Breaking',
  [CriticalityLevel.Dangerous]: 'Dangerous',
  [CriticalityLevel.NonBreaking]: 'Harmless',
};

/** The directives of federation are used, but not defined. */
function toSchema(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValidSDL: true });
}

/** A major version may break callers, and a minor one may surprise them. */
function isSaidBy(before: string, after: string, { criticality }: Change): boolean {
  const [major = 0, minor = 0] = before.split('.').map(Number);
  const [nextMajor = 0, nextMinor = 0] = after.split('.').map(Number);
  if (nextMajor !== major) return nextMajor > major;
  return criticality.level === CriticalityLevel.Dangerous && nextMinor > minor;
}

/** What the history of the repository has to compare with. Otherwise the reason why it has nothing. */
export type Released = (Version & { commit: string }) | { lacks: string };

/** The schema at the last commit that changed the version: for that commit itself, at the one before. */
export function readReleased(root: string): Released {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const head = git('rev-parse', 'HEAD').trim();
    const found = git('log', '--max-count=2', '--format=%H %P', '-G', VERSION, '--', 'package.json')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([commit]) => commit);
    const [commit, parent] = found.find(([each]) => each !== head) ?? found[0] ?? [];
    const isCut = git('rev-parse', '--is-shallow-repository').trim() === 'true';
    // The oldest commit of a shallow clone seems to add every file.
    if (!commit || (isCut && !parent)) return { lacks: isCut ? CUT : NO_VERSION };
    const manifest = JSON.parse(git('show', `${commit}:./package.json`)) as { version: string };
    return { commit, version: manifest.version, sdl: git('show', `${commit}:./${SCHEMA}`) };
  } catch {
    return { lacks: NO_HISTORY };
  }
}

const VERSION = '^  "version":';
const CUT =
  'the commit that last changed the version, because this clone is shallow. Run "git fetch --unshallow".';
const NO_VERSION = 'a commit that changed the version in package.json.';
const NO_HISTORY = `git, or a commit of the last version with ${SCHEMA}. Run it in a clone of the repository.`;

/** The text to print, and whether the check passes. */
export async function checkChanges(root: string): Promise<{ text: string; isPassed: boolean }> {
  const released = readReleased(root);
  if ('lacks' in released)
    return { text: `Not compared. This copy lacks ${released.lacks}`, isPassed: true };
  const read = (name: string): string => readFileSync(join(root, name), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const reasons = (parseYaml(read(LIST)) ?? {}) as Record<string, string>;
  const { problems, harmless, meant } = await judgeChanges(
    released,
    { version, sdl: read(SCHEMA) },
    reasons,
  );
  const of = `version ${released.version} (${released.commit.slice(0, 7)})`;
  if (problems.length === 0)
    return {
      text: `Since ${of}: ${harmless} harmless changes, and ${meant} meant ones.`,
      isPassed: true,
    };
  return { text: [`Since ${of}:`, ...problems, ADVICE].join('\n'), isPassed: false };
}

const ADVICE = `If a change is meant, list it with its reason in ${LIST}, or raise the version: the major one for breaking changes, the minor one for dangerous changes. Remove what is no change anymore from the list.`;

if (import.meta.main) {
  const { text, isPassed } = await checkChanges(join(import.meta.dirname, '..'));
  console.log(text);
  process.exitCode = isPassed ? 0 : 1;
}
