import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { startCli } from '../../src/sandbox/cli.ts';
import { type Sandbox, standIns, startSandbox } from '../../src/sandbox/index.ts';
import { readContract } from '../support/contract.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

test('every provider has a line in the registry of stand-ins, and every line has a provider', () => {
  expect(Object.keys(standIns).sort()).toEqual(providers.map(({ key }) => key).sort());
});

describe.each(providers)('$key', ({ key, name: { enumValue, title }, check }) => {
  test('has a contract file, which names the operations that its stand-in serves', () => {
    expect({ provider: key, hasContract: existsSync(check.contract) }).toEqual({
      provider: key,
      hasContract: true,
    });
    const { operations } = readContract(check.contract);
    expect([...(sandbox.standIns.get(key)?.operations ?? [])].sort()).toEqual(
      [...operations].sort(),
    );
  });

  test('is configured by the variables of its stand-in, and has its switches', () => {
    const standIn = sandbox.standIns.get(key);
    expect(sandbox.variables).toMatchObject(standIn?.variables ?? { standIn: 'missing' });
    expect(sandbox.providerValues[key]).toMatchObject(standIn?.variables ?? {});
    expect(sandbox.controls).toContainEqual({ title, url: `${standIn?.origin}/_sandbox` });
  });

  test('has its options on the command line, and its part of the help', async () => {
    const option = `--${enumValue.toLowerCase().replaceAll('_', '-')}`;
    const { text } = await startCli(['--help']);
    expect(text).toContain(`${option}-at`);
    expect(text).toContain(`Operations of ${title}:`);

    const cli = await startCli([`${option}-at`, 'unresolvable']);
    const urls = cli.text.split('\n').filter((line) => line.endsWith('=http://badges.invalid'));
    await cli.close?.();
    expect(urls.map((line) => line.startsWith(enumValue))).toContain(true);
  });
});

describe('a provider that has no line in the registry', () => {
  const [first] = providers;
  const all: Provider[] = providers as Provider[];
  afterEach(
    () =>
      void all.splice(
        all.findIndex(({ key }) => key === 'forgotten'),
        1,
      ),
  );

  test('is named when the sandbox starts', async () => {
    if (first) all.push({ ...first, key: 'forgotten' });
    await expect(startSandbox()).rejects.toThrow(/add a line for forgotten to the registry/);
  });
});
