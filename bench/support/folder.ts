import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Children } from './children.ts';

/** An empty folder that goes with this process. */
export function makeFolder(children: Children): string {
  const folder = mkdtempSync(join(tmpdir(), 'badges-bench-'));
  children.endWith(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
