/** So many problems are told. */
const MOST_PROBLEMS = 20;

/** The problems of the settings at once; `more` counts those that are not among them. No value of a secret is in it. */
export class ConfigError extends Error {
  constructor(problems: readonly string[], more = 0) {
    const told = problems.slice(0, MOST_PROBLEMS);
    const left = problems.length - told.length + more;
    const rest = left > 0 ? [`and ${left} more`] : [];
    super(['The configuration is wrong:', ...told, ...rest].join('\n  '));
    this.name = 'ConfigError';
  }
}
