import { createHash } from 'node:crypto';

export const WRITERS = 4;

/** An acknowledged write: the writer's n-th set or append, or n as the new value of the shared count. */
export interface Acknowledged {
  kind: 'set' | 'append' | 'count';
  writer: number;
  n: number;
}

export const toLine = ({ kind, writer, n }: Acknowledged) => `${kind} ${writer} ${n}\n`;

/** Null for a line that the kill cut off. */
export function readLine(line: string): Acknowledged | null {
  const [kind, writer, n, ...more] = line.split(' ');
  if (kind !== 'set' && kind !== 'append' && kind !== 'count') return null;
  if (writer === undefined || n === undefined || more.length > 0) return null;
  return { kind, writer: Number(writer), n: Number(n) };
}

/** Names of what one run writes. All runs write to one store. */
export const namesOf = (run: number) => ({
  count: `run ${run} count`,
  log: `run ${run} log`,
  keyOf: (writer: number) => `run ${run} writer ${writer}`,
  logOf: (writer: number) => `run ${run} log of ${writer}`,
});

/** A text that shows its writer and whether it is complete. Every 16th is large. */
export function toText(writer: number, n: number): string {
  const start = `${writer} ${n} ${'x'.repeat(n % 16 === 0 ? 60_000 : (n * 97) % 3000)} `;
  return start + digest(start);
}

/** Null for a torn text. */
export function readText(text: string): { writer: number; n: number } | null {
  const start = text.slice(0, text.lastIndexOf(' ') + 1);
  if (text !== start + digest(start)) return null;
  const [writer, n] = start.split(' ').map(Number);
  return writer === undefined || n === undefined ? null : { writer, n };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
