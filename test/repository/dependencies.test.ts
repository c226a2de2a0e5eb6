import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { isProduction, lockedPackages, readLock, readManifest, readText, root } from './lock.ts';

/** Packages that development needs, and the one file that loads each of them, if it is installed. */
const LOADED_IN_DEVELOPMENT: Readonly<Record<string, string>> = {
  'pino-pretty': 'src/telemetry/logger.ts',
  '@graphql-yoga/render-graphiql': 'src/server/playground/playground.ts',
};

interface Import {
  file: string;
  specifier: string;
  /** By `import()`, when it is needed. */
  isDynamic: boolean;
}

/** What is left of the imports at run time: those of types alone are not. */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression | undefined, isDynamic: boolean) => {
    const isKnown = specifier && ts.isStringLiteralLike(specifier);
    found.push({ file, specifier: isKnown ? specifier.text : 'not a literal', isDynamic });
  };
  const look = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      if (!node.importClause?.isTypeOnly) add(node.moduleSpecifier, false);
    } else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier && !node.isTypeOnly) add(node.moduleSpecifier, false);
    } else if (ts.isCallExpression(node) && isLoading(node.expression)) {
      add(node.arguments[0], true);
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

function isLoading(called: ts.Expression): boolean {
  const names = ['require', 'createRequire'];
  return (
    called.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(called) && names.includes(called.text))
  );
}

/** `@scope/name/part` is of `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[jt]s$/.test(file))
  .map((file) => `src/${file}`);
const imports = files.flatMap((file) => importsOf(file, readText(file)));
const ofPackages = imports
  .filter(({ specifier }) => !specifier.startsWith('.') && !isBuiltin(specifier))
  .map((one) => ({ ...one, name: packageOf(one.specifier) }));
const ofDevelopment = ofPackages.filter(({ name }) => name in LOADED_IN_DEVELOPMENT);
const ofProduction = ofPackages.filter(({ name }) => !(name in LOADED_IN_DEVELOPMENT));

const { dependencies, devDependencies = {} } = readManifest();
const lock = readLock();

/** What an imported package wants to find beside it. */
function peersOf(name: string): string[] {
  const { peerDependencies = {}, peerDependenciesMeta = {} } =
    lock.packages[`node_modules/${name}`] ?? {};
  return Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
}

describe('what is read of a file', () => {
  test.each([
    ["import { a } from 'a';", ['a']],
    ["import 'a/b';", ['a/b']],
    ["import type { A } from 'a';", []],
    ["import { type A } from 'a';", ['a']],
    ["export { a } from 'a';", ['a']],
    ["export type { A } from 'a';", []],
    ['export const a = 1;', []],
    ["const load = () => import('a');", ['a']],
    ["const a = require('a');", ['a']],
    ['await import(name);', ['not a literal']],
  ])('%s', (text, specifiers) => {
    expect(importsOf('file.ts', text).map(({ specifier }) => specifier)).toEqual(specifiers);
  });
});

test('every package that src/ imports is a production dependency', () => {
  expect(ofProduction.length).toBeGreaterThan(50);
  expect(ofProduction.filter(({ name }) => !(name in dependencies))).toEqual([]);
});

test('every production dependency is imported by src/, or wanted by one that is', () => {
  const imported = ofProduction.map(({ name }) => name);
  const used = new Set([...imported, ...imported.flatMap(peersOf)]);
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});

test('what an imported package wants beside it is a production dependency of ours', () => {
  const wanted = ofProduction.flatMap(({ name }) => peersOf(name));
  expect(wanted.length).toBeGreaterThan(3);
  expect(wanted.filter((name) => !(name in dependencies))).toEqual([]);
});

test('what only development needs is no production dependency, and is loaded in one place, when it is used', () => {
  const places = ofDevelopment.map(({ name, file, isDynamic }) => [name, { file, isDynamic }]);
  const expected = Object.entries(LOADED_IN_DEVELOPMENT).map(([name, file]) => [
    name,
    { file, isDynamic: true },
  ]);
  expect(new Map(places as [string, object][])).toEqual(new Map(expected as [string, object][]));
  expect(places).toHaveLength(expected.length);
  const names = Object.keys(LOADED_IN_DEVELOPMENT);
  expect(names.filter((name) => name in dependencies || !(name in devDependencies))).toEqual([]);
  const locked = lockedPackages(lock).filter(isProduction);
  expect(locked.filter(({ name }) => names.includes(name))).toEqual([]);
});

test('src/ imports nothing from outside itself, which dist/ would miss', () => {
  const outside = imports.filter(
    ({ file, specifier }) =>
      specifier.startsWith('.') && !normalize(join(dirname(file), specifier)).startsWith('src/'),
  );
  expect(outside).toEqual([]);
});
