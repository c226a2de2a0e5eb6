import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const blocks = [...read('README.md').matchAll(/```graphql\n(.*?)```\s*```json\n(.*?)```/gs)].map(
  ([, query = '', answer = '']) => ({ query, answer }),
);

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

test('the README shows a query and a mutation', () => {
  expect(blocks.map(({ query }) => query.split(' ')[0])).toEqual(['query', 'mutation']);
});

test.each(blocks)('the README’s operation %# answers as it says', async ({ query, answer }) => {
  const { data, errors } = await service.execute(query);
  expect(errors).toBeUndefined();
  expect(data).toEqual(JSON.parse(answer));
});

test('the README says right at the command which warnings of npm are expected', () => {
  const [, text = ''] = /npm ci && npm start\n```\n\n(.*?)\n\n/s.exec(read('README.md')) ?? [];
  expect(text).toMatch(/EBADENGINE.*expected/);
});

test('files that the README links to exist', () => {
  const links = [...read('README.md').matchAll(/\]\((?!http)([^)]+)\)/g)].map(
    ([, path]) => path ?? '',
  );
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every setting of the code has its row, and every row a setting', () => {
  const code = read('src/config/variables.ts');
  const general = [...code.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
  const ofProviders = providers.flatMap(({ settings }) => Object.keys(settings));
  const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(new Set(rows)).toEqual(new Set([...general, ...ofProviders]));
});
