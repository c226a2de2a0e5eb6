import { describe, expect, test } from '@jest/globals';
import { type Lock, lockedPackages, readLock, readManifest, readText } from './lock.ts';

const manifest = readManifest();
const lock = readLock();
const packages = lockedPackages(lock);
const page = readText('docs/security.md');

const own = { ...manifest.dependencies, ...manifest.devDependencies };
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;
const inexact = (versions: Record<string, string>) =>
  Object.entries(versions).filter(([, version]) => !EXACT_VERSION.test(version));

/** Where Node would look for a package from a folder, nearest first. */
function foldersOf(name: string, from: string): string[] {
  const folder = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (from === '') return [folder];
  const parent = from.slice(0, Math.max(from.lastIndexOf('node_modules/') - 1, 0));
  return [folder, ...foldersOf(name, parent)];
}

/** The optional dependencies of packages: parts for single platforms. */
const partsOf = (of: Lock): { path: string; name: string }[] =>
  lockedPackages(of).flatMap(({ path, optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  );
const missingParts = (of: Lock) =>
  partsOf(of).filter(({ path, name }) =>
    foldersOf(name, path).every((folder) => of.packages[folder] === undefined),
  );

/** The second cell of the page's rows under a heading, by the package that the first one names. */
function rowsUnder(heading: string): Record<string, string> {
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(heading)) ?? '';
  const rows = section.matchAll(/^\| `([^`]+)`\s*\| `?([^|`]+?)`?\s*\|/gm);
  return Object.fromEntries([...rows].map(([, name = '', cell = '']) => [name, cell]));
}

describe('versions', () => {
  test('every dependency and override of ours is an exact version', () => {
    expect(Object.keys(own).length).toBeGreaterThan(20);
    expect(inexact(own)).toEqual([]);
    expect(inexact(manifest.overrides)).toEqual([]);
  });

  test('the lock is that of this package.json', () => {
    const { dependencies, devDependencies } = lock.packages[''] ?? {};
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    const locked = Object.keys(own).map((name) => [
      name,
      lock.packages[`node_modules/${name}`]?.version,
    ]);
    expect(Object.fromEntries(locked)).toEqual(own);
  });

  test('every override is in force and has its reason on the page', () => {
    const inForce = Object.keys(manifest.overrides).map((overridden) => {
      const versions = packages
        .filter(({ name }) => name === overridden)
        .map(({ version }) => version);
      return [overridden, [...new Set(versions)].join(' and ')];
    });
    expect(Object.fromEntries(inForce)).toEqual(manifest.overrides);
    expect(rowsUnder('Overrides')).toEqual(manifest.overrides);
  });
});

describe('the lock', () => {
  test('has a SHA-512 of every package', () => {
    expect(packages.length).toBeGreaterThan(500);
    const without = packages.filter(({ integrity }) => !/^sha512-.{86}==$/.test(integrity ?? ''));
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  test('takes no package from git, plain http or a folder', () => {
    const elsewhere = packages.filter(
      ({ resolved }) => resolved !== undefined && !/^https:.*\.tgz$/.test(resolved),
    );
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });

  // npm has dropped platforms other than the one it ran on from locks; `npm ci` fails there then.
  test('has the parts for every platform', () => {
    expect(partsOf(lock).length).toBeGreaterThan(20);
    expect(missingParts(lock)).toEqual([]);
  });
});

describe('install scripts', () => {
  const withScript = new Set(
    packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name),
  );

  test('every package that has one is allowed or denied, and no other', () => {
    expect(withScript.size).toBeGreaterThan(0);
    expect(new Set(Object.keys(manifest.allowScripts))).toEqual(withScript);
  });

  test('the page tells of each whether it may run', () => {
    const verdicts = Object.entries(manifest.allowScripts).map(([name, isAllowed]) => [
      name,
      isAllowed ? 'allowed' : 'denied',
    ]);
    expect(rowsUnder('Install scripts')).toEqual(Object.fromEntries(verdicts));
  });
});

const WITH_GRAPHQL = ['bench/peers', 'examples/badge-desk', 'examples/clients'];

describe.each([...WITH_GRAPHQL, 'deploy/telemetry'])('%s, a package of its own,', (folder) => {
  const own = readManifest(folder);
  const ownLock = readLock(folder);
  const locked = lockedPackages(ownLock);

  test('has exact versions, and its lock is that of its package.json', () => {
    const { dependencies, devDependencies = {} } = own;
    const versions = Object.entries({ ...dependencies, ...devDependencies }).map(
      ([name, version]): [string, string] => [name, version.replace(/^npm:.+@/, '')],
    );
    expect(versions.length).toBeGreaterThan(4);
    expect(inexact(Object.fromEntries(versions))).toEqual([]);
    expect(ownLock.packages['']?.dependencies).toEqual(dependencies);
    expect(ownLock.packages['']?.devDependencies ?? {}).toEqual(devDependencies);
  });

  test('is locked with a SHA-512 and for every platform, and names no other place than the registry', () => {
    const without = locked.filter(({ integrity }) => !/^sha512-.{86}==$/.test(integrity ?? ''));
    expect(without.map(({ path }) => path)).toEqual([]);
    expect(locked.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(missingParts(ownLock)).toEqual([]);
  });

  test('runs none of its install scripts, and has one graphql if any', () => {
    const scripts = locked.filter(({ hasInstallScript }) => hasInstallScript);
    expect(own.allowScripts ?? {}).toEqual(
      Object.fromEntries(scripts.map(({ name }) => [name, false])),
    );
    expect(locked.filter(({ name }) => name === 'graphql').map(({ path }) => path)).toEqual(
      WITH_GRAPHQL.includes(folder) ? ['node_modules/graphql'] : [],
    );
  });
});

test('the packages of those folders are not among those of the project', () => {
  const names = [
    'mercurius',
    'graphql-jit',
    '@pothos/core',
    '@mercuriusjs/federation',
    'axe-core',
    'relay-compiler',
  ];
  expect(packages.filter(({ name }) => names.includes(name))).toEqual([]);
});
