import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { isObject } from '../http/json.ts';

/** The number of problems in one message. */
const MAX_PROBLEMS = 20;

/** All problems of the settings at once, without the values of secrets. `more` counts further problems. */
export class ConfigError extends Error {
  constructor(problems: readonly string[], more = 0) {
    const told = problems.slice(0, MAX_PROBLEMS);
    const left = problems.length - told.length + more;
    const rest = left > 0 ? [`and ${left} more`] : [];
    super(['The configuration is invalid:', ...told, ...rest].join('\n  '));
    this.name = 'ConfigError';
  }
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
