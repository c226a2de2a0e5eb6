import { readFileSync } from 'node:fs';

/** Reads an example response from a provider's documentation, unchanged. */
export function readFixture(name: string): unknown {
  const file = new URL(`../providers/fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
