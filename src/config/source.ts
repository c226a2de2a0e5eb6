import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { isObject } from '../http/json.ts';

/** So many problems are told. */
const MAX_PROBLEMS = 20;

/** The problems of the settings at once; `more` counts those that are not among them. No value of a secret is in it. */
export class ConfigError extends Error {
  constructor(problems: readonly string[], more = 0) {
    const told = problems.slice(0, MAX_PROBLEMS);
    const left = problems.length - told.length + more;
    const rest = left > 0 ? [`and ${left} more`] : [];
    super(['The configuration is invalid:', ...told, ...rest].join('\n  '));
    this.name = 'ConfigError';
  }
}

/** Work in small steps, between which something else may be done. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** How long others may be kept waiting, milliseconds. */
const SLICE_MS = 5;

/** All of it at once, as at the start, while nobody is served. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** In slices of a few milliseconds. */
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

/** Variables as the process was given them; empty ones are left out. */
export type Given = Readonly<Record<string, string | undefined>>;

export interface SecretReading {
  value: string | undefined;
  problem?: string;
  /** Set where a file is in place that holds nothing that is taken. */
  isTooLarge?: true;
}

/** Gives what stands in a file. */
export type ReadFile = (path: string) => SecretReading;

/** A secret stands in its variable, or in the file that `NAME_FILE` names. */
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

/** It is read again and again while the service runs. A thousand tenants take half of it. */
const MAX_BYTES = 512 * 1024;

/** Without the line break that editors put at the end of a file. */
export function readText(file: string): SecretReading {
  let descriptor: number | undefined;
  try {
    // Else a pipe would be waited for, and nothing be answered meanwhile.
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

/** What a router sends; a comma would part it in two. */
const routerSecret = z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,1024}$/);

export function isRouterSecret(text: string): boolean {
  return routerSecret.safeParse(text).success;
}

/** Several, with commas between them, are valid at the same time. */
export function partsOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((secret) => secret.trim());
}
