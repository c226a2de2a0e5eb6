import { expect, test } from '@jest/globals';
import type { ObservedClient } from '../../src/check/observed-client.ts';
import { createScratchBadge } from '../../src/check/scratch-badge.ts';
import { providers } from '../../src/providers/index.ts';

/** A creation that answers with the id of a badge that was there before, as a provider never should. */
test.each(providers.map((provider) => [provider.name.title, provider] as const))(
  'a badge of %s that was there before is never taken for the one that was made',
  async (_title, provider) => {
    const { idFields, scratch } = provider.check;
    const record = (name: string) => ({
      [idFields[0] ?? '']: 'of-another',
      [scratch.nameField]: name,
    });
    const answers = [[record('Theirs')], record('Ours'), [record('Ours')]];
    const client: ObservedClient = {
      call: async () => ({ json: answers.shift(), value: null, error: undefined, ms: 0 }),
      close: async () => undefined,
    };
    const badge = createScratchBadge({
      provider,
      client,
      name: 'Ours',
      longestLagMs: 0,
      now: () => 0,
      pause: async () => undefined,
      onProgress: () => undefined,
    });

    expect(await badge.create({})).toMatchObject({ answer: null, listed: undefined, lagMs: null });
    expect(badge.id).toBeUndefined();
    expect(answers).toEqual([]);
  },
);
