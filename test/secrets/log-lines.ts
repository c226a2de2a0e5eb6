/** A line of the log in production. */
export type LogLine = Record<string, unknown>;

export function toLogLines(text: string): LogLine[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

/** What providers say stands in `text`, and nowhere else. */
export function withoutTexts(lines: readonly LogLine[]): string {
  return lines.map(({ providerMessage: _, ...rest }) => JSON.stringify(rest)).join('\n');
}

export function textsOf(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ providerMessage }) =>
    typeof providerMessage === 'string' ? [providerMessage] : [],
  );
}
