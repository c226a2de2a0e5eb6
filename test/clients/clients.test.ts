import { beforeAll, describe } from '@jest/globals';
import { testDocumented } from './documented.ts';
import { testPages } from './pages.ts';
import { type Generated, generate, isInstalled } from './recipes.ts';
import { testTools } from './tools.ts';

let generated: Generated;

if (!isInstalled)
  console.log('Skipped: client tools. Run "npm ci --prefix examples/clients" to try them.');

// One file for all, because they share what the tools generate.
(isInstalled ? describe : describe.skip)('with the clients installed,', () => {
  beforeAll(async () => {
    generated = await generate();
  }, 60_000);

  describe('a tool', () => testTools(() => generated));
  describe('a page that follows its recipe', testPages);
});

describe('docs/front-end.md', testDocumented);
