import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';
import { readManifest, readText } from './lock.ts';

const blocks = [
  ...readText('README.md').matchAll(/```graphql\n(.*?)```\s*```json\n(.*?)```/gs),
].map(([, query = '', answer = '']) => ({ query, answer }));

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

test('the README says right at the command which Node it needs, and which warnings of npm are expected', () => {
  const [, text = ''] = /npm ci && npm start\n```\n\n(.*?)\n\n/s.exec(readText('README.md')) ?? [];
  const { engines, devDependencies } = readManifest();
  expect(text).toContain(`runs on Node ${engines.node.replace('>=', '')} or newer`);
  expect(text).toContain(`npm installs Node ${devDependencies?.node?.split('.')[0]}`);
  expect(text).toMatch(/EBADENGINE.*expected/);
});
