import { setImmediate as turn } from 'node:timers/promises';

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
