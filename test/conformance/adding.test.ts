import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { execute } from '../support/service.ts';
import { apply, copyWithForum, edits, example, files, placeOf, root } from './copy.ts';

test('the page names every file of the example, and no other', () => {
  expect(files.toSorted()).toEqual(readdirSync(example).map(placeOf).toSorted());
});

test('the page changes three files outside the folder, and lines that they have', () => {
  expect(edits.map(({ file }) => file)).toEqual([
    'src/providers/index.ts',
    'src/sandbox/index.ts',
    'test/repository/structure.test.ts',
  ]);
  for (const edit of edits) {
    const text = readFileSync(join(root, edit.file), 'utf8');
    expect(apply(text, edit)).toContain('forum');
  }
});

describe('a developer who follows the page', () => {
  let folder: string;
  let service: ServiceProcess | undefined;
  beforeAll(async () => {
    folder = await copyWithForum();
    service = await startServiceProcess({}, join(folder, 'dist/main.js'));
  }, 180_000);
  afterAll(async () => {
    await service?.kill();
    rmSync(folder, { recursive: true });
  });

  test('has a service that compiles, starts on the sandbox, and serves and changes its badges', async () => {
    const url = service?.url ?? '';
    const list = await execute<{ badges: { totalCount: number } }, object>(
      url,
      '{ badges(filter: { providers: [FORUM] }) { totalCount nodes { ... on ForumBadge { grantCount } } } }',
    );
    expect([list.data.badges.totalCount, list.errors]).toEqual([8, undefined]);
    const awarded = await execute<{ awardBadge: object }, object>(
      url,
      'mutation { awardBadge(input: { forum: { badgeId: "12", userId: "501" } }) { awardedBadges { ... on ForumBadge { grantCount } } userErrors { code } } }',
    );
    expect(awarded.data.awardBadge).toEqual({
      awardedBadges: [{ grantCount: 1 }],
      userErrors: [],
    });
  });
});
