import { readFileSync } from 'node:fs';

/** An answer from a provider's page, as it stands there. */
export function readFixture(name: string): unknown {
  const file = new URL(`../providers/fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
