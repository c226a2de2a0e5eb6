import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './installation.ts';

/** The lowest version that `engines` allows. */
export function leastNodeVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { engines } = JSON.parse(text) as { engines: { node: string } };
  const [, major, minor, patch = '0'] = /^>=(\d+)\.(\d+)(?:\.(\d+))?$/.exec(engines.node) ?? [];
  if (major === undefined) throw new Error(`engines.node is ${engines.node}, and no least version`);
  return `${major}.${minor}.${patch}`;
}

/** Installs that Node from npm. Resolves with the path of its binary. */
export function installNode(version: string, folder: string): string {
  const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  npm(['install', '--no-fund', '--no-audit', '--no-package-lock'], folder);
  return join(folder, 'node_modules/.bin/node');
}
