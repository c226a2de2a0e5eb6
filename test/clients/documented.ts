/** What docs/front-end.md says of the clients is what the recipes are, and the tests try. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readManifest, readText } from '../repository/lock.ts';
import { folder } from './recipes.ts';

const [, section = ''] = readText('docs/front-end.md').split(/^## Recipes$|^## Refer to/m);
const { dependencies } = readManifest('examples/clients');

export function testDocumented(): void {
  test('every recipe of the page is code that a test runs', () => {
    const code = globSync(join(folder, '*.ts')).map((file) => readFileSync(file, 'utf8'));
    const recipes = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, recipe = '']) => recipe);
    expect(recipes.length).toBeGreaterThan(10);
    const all = code.join('\n');
    expect(recipes.filter((recipe) => !all.includes(recipe))).toEqual([]);
  });

  test('every version that the page names is the one that is tested', () => {
    const packages: Readonly<Record<string, string>> = {
      'Apollo Client': '@apollo/client',
      urql: '@urql/core',
      graphcache: '@urql/exchange-graphcache',
      Relay: 'relay-runtime',
      "Codegen's client preset": '@graphql-codegen/client-preset',
      'gql.tada': 'gql.tada',
      'graphql-request': 'graphql-request',
    };
    for (const [name, of] of Object.entries(packages)) {
      expect(section).toContain(`${name} ${dependencies[of]}`);
    }
    expect(dependencies['relay-compiler']).toBe(dependencies['relay-runtime']);
  });
}
