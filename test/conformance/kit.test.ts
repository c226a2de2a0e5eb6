import './register-forum.ts';
import { describe, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import { kit } from './kit/index.ts';

describe.each(providers)('$key', (provider) => {
  describe.each(Object.entries(kit))('%s', (_part, checks) => {
    test.each(checks)('$name', ({ run }) => run(provider), 120_000);
  });
});
