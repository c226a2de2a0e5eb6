import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Output } from './search.ts';

/** All files of a folder, byte for byte. */
export function filesOf(folder: string): Output[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ from: path, text: readFileSync(path, 'latin1') }));
}
