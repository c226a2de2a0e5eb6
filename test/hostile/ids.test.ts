import { expect, test } from '@jest/globals';
import { runBench } from '../bench/run.ts';

/** A hundred thousand ids are a command of their own, see bench/hostile-ids/run.ts. */
test('whatever is given for an id, a provider sees its documented paths with allowed ids only', async () => {
  const output = await runBench('hostile-ids', ['--ids', '2000']);

  expect(output).toMatch(/\nids +2000\n/);
  expect(output).toMatch(/came to found +[1-9]\d*\n/);
  expect(output).toMatch(/came to done +[1-9]\d*\n/);
  expect(output).toMatch(/came to refused 0 +[1-9]\d*\n/);
  expect(output).toMatch(/called PUT \/badges\/<id> +[1-9]\d*\n/);
  expect(output).toMatch(/calls to anything else +0\n/);
  expect(output).toContain('All bounds hold.');
});
