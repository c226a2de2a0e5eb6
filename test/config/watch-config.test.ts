import { expect, test } from '@jest/globals';
import { ConfigError } from '../../src/config/read-config.ts';
import { createConfigWatch } from '../../src/config/watch-config.ts';
import type { Changeable } from '../../src/config/watch-config.ts';

const withSecret = (...routerSecrets: string[]): Changeable => ({ tenants: [], routerSecrets });

/** A watch over what stands in `now.read`; a text is a problem. */
function setUp() {
  const now: { read: Changeable | string } = { read: withSecret('old') };
  const told: unknown[] = [];
  const look = createConfigWatch({
    read() {
      if (typeof now.read === 'string') throw new ConfigError([now.read]);
      return now.read;
    },
    current: withSecret('old'),
    onChange: ({ routerSecrets }) => told.push(routerSecrets),
    onProblem: ({ message }) => told.push(message),
  });
  return { now, told, look };
}

test('what has not changed is told to nobody', () => {
  const { told, look } = setUp();
  look();
  look();
  expect(told).toEqual([]);
});

test('a change is told once it was read twice, and then no more', () => {
  const { now, told, look } = setUp();
  now.read = withSecret('old', 'new');
  look();
  expect(told).toEqual([]);
  look();
  look();
  expect(told).toEqual([['old', 'new']]);
});

test('a file that is still being written is not taken', () => {
  const { now, told, look } = setUp();
  now.read = withSecret('half');
  look();
  now.read = withSecret('whole');
  look();
  expect(told).toEqual([]);
  look();
  expect(told).toEqual([['whole']]);
});

test('a problem is told once, another one too, and what was there before stays', () => {
  const { now, told, look } = setUp();
  now.read = 'a slip';
  look();
  look();
  now.read = 'another slip';
  look();
  now.read = withSecret('old');
  look();
  look();
  expect(told).toEqual([
    'The configuration is wrong:\n  a slip',
    'The configuration is wrong:\n  another slip',
  ]);
});

test('the same problem is told again when it comes back', () => {
  const { now, told, look } = setUp();
  now.read = 'a slip';
  look();
  now.read = withSecret('old');
  look();
  now.read = 'a slip';
  look();
  expect(told).toHaveLength(2);
});

test('a change that was read before and after a problem must be read twice again', () => {
  const { now, told, look } = setUp();
  now.read = withSecret('new');
  look();
  now.read = 'a slip';
  look();
  now.read = withSecret('new');
  look();
  expect(told).toHaveLength(1);
  look();
  expect(told).toHaveLength(2);
});

test('anything but a wrong configuration is a fault of ours', () => {
  const look = createConfigWatch({
    read() {
      throw new TypeError('a bug');
    },
    current: withSecret(),
    onChange: () => undefined,
    onProblem: () => undefined,
  });
  expect(look).toThrow(new TypeError('a bug'));
});
