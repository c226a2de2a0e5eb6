import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Versions = Record<string, string>;

export interface Manifest {
  name: string;
  version: string;
  engines: { node: string };
  dependencies: Versions;
  devDependencies?: Versions;
  overrides: Versions;
  scripts: Readonly<Record<string, string>>;
  /** Whether a package may run its install script. */
  allowScripts: Record<string, boolean>;
}

interface LockEntry {
  version: string;
  integrity?: string;
  /** Only where a package comes from elsewhere than the registry that npm is set to. */
  resolved?: string;
  license?: string;
  /** Needed by development dependencies only. */
  dev?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  peerDependencies?: Versions;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export interface Lock {
  /** By folder. The empty one is the project itself. */
  packages: Record<string, LockEntry>;
}

export interface LockedPackage extends LockEntry {
  path: string;
  name: string;
}

export const root = join(import.meta.dirname, '../..');
export const readText = (file: string) => readFileSync(join(root, file), 'utf8');
/** Of the project, or of another package in it. */
export const readManifest = (folder = '.') =>
  JSON.parse(readText(`${folder}/package.json`)) as Manifest;
export const readLock = (folder = '.') =>
  JSON.parse(readText(`${folder}/package-lock.json`)) as Lock;

export function lockedPackages({ packages }: Lock): LockedPackage[] {
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ ...entry, path, name: path.replace(/^.*node_modules\//, '') }));
}

/** What `npm ci --omit=dev` installs; packages that both kinds of dependencies need are among it. */
export function isProduction({ dev }: LockedPackage): boolean {
  return dev !== true;
}
