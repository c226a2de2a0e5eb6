import './register-forum.ts';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ProviderError } from '../../src/http/provider-error.ts';
import type { Operation, OperationKind, Provider } from '../../src/providers/provider.ts';
import { forum } from './forum/index.ts';
import { kit } from './kit/index.ts';

/** A kit is only worth what it detects. Each case is a mistake that a new folder could contain. */

const whole: Provider = { ...forum };
const operationsOf = (kind: OperationKind): Operation => {
  const operation = whole.operations[kind];
  if (operation) return operation;
  throw new Error(`the forum has no ${kind}`);
};
/** The provider with other properties of one operation. */
const withOperation = (kind: OperationKind, change: Partial<Operation>): Partial<Provider> => ({
  operations: { ...whole.operations, [kind]: { ...operationsOf(kind), ...change } },
});
const update = operationsOf('update');

interface Mistake {
  mistake: string;
  /** The properties that differ. */
  change: Partial<Provider>;
  /** The beginning of the name of the check that fails. */
  noticedBy: string;
}

const MISTAKES: readonly Mistake[] = [
  {
    mistake: 'no contract file',
    change: { check: { ...whole.check, contract: new URL('none.yaml', import.meta.url) } },
    noticedBy: 'its contract file names',
  },
  {
    mistake: 'a key that is not declared as a secret',
    change: {
      settings: Object.fromEntries(
        Object.entries(whole.settings).map(([variable, { isSecret: _, ...rest }]) => [
          variable,
          rest,
        ]),
      ),
    },
    noticedBy: 'what is a credential by its name',
  },
  {
    mistake: 'ids of any kind',
    change: { isBadgeId: () => true },
    noticedBy: 'an id that could climb out',
  },
  {
    mistake: 'no example of an operation',
    change: { example: { ...whole.example, operations: whole.example.operations.slice(1) } },
    noticedBy: 'every operation has a plain example',
  },
  {
    mistake: 'a client that takes a failed list for an empty one',
    change: {
      createClient(values, options) {
        const client = whole.createClient(values, options);
        return {
          ...client,
          listBadges: async (bounds) => {
            try {
              return await client.listBadges(bounds);
            } catch {
              return { ...(await emptyList), badges: [] };
            }
          },
        };
      },
    },
    noticedBy: 'a list that fails is an error',
  },
  {
    mistake: 'records that are not restored whole',
    change: {
      restoreBadge: (record, isImageUrl) =>
        whole.restoreBadge({ ...Object(record), description: 'lost' }, isImageUrl),
    },
    noticedBy: 'whatever its list holds',
  },
  {
    mistake: 'texts that are not checked',
    change: withOperation('update', { check: () => [] }),
    noticedBy: 'no text with characters that act unseen',
  },
  {
    mistake: 'names that are not checked',
    change: withOperation('create', { check: () => [] }),
    noticedBy: 'a name that cannot be seen',
  },
  {
    mistake: 'a shared field under the name of another',
    change: { sharedFields: { ...whole.sharedFields, description: 'name' } },
    noticedBy: 'a change names the field that every badge has',
  },
  {
    mistake: 'a write that is sent twice',
    change: withOperation('update', {
      async send(client, write, bounds) {
        await update.send(client, write, bounds);
        return update.send(client, write, bounds);
      },
    }),
    noticedBy: 'a key writes once',
  },
  {
    mistake: 'a write that is tried again when it fails',
    change: withOperation('create', {
      async send(client, write, bounds) {
        const create = operationsOf('create');
        const send = () => create.send(client, write, bounds);
        return send().catch(send);
      },
    }),
    noticedBy: 'a write that fails has its code',
  },
  {
    mistake: 'changes that are not told',
    change: withOperation('update', {
      plan: (input, basis) => ({ ...update.plan(input, basis), changes: [] }),
    }),
    noticedBy: 'a dry run sends nothing',
  },
  {
    mistake: 'an answer that is not laid over what was there',
    change: withOperation('update', {
      toStanding: (_shown, { before }) => before ?? _shown,
    }),
    noticedBy: 'what was written is read',
  },
  {
    mistake: 'words of a credential in an error',
    change: {
      createClient(values, options) {
        const client = whole.createClient(values, options);
        return {
          ...client,
          listBadges: async () => {
            throw new ProviderError(`was asked with ${values.FORUM_API_KEY}`, {
              kind: 'bad-response',
              effect: 'unknown',
              provider: whole.name,
            });
          },
        };
      },
    },
    noticedBy: 'a credential that the provider repeats',
  },
];

const emptyList = Promise.resolve({
  malformedIds: new Set<string>(),
  ambiguousIds: new Set<string>(),
  droppedRecords: 0,
  firstMalformedField: undefined,
  unknownFields: [],
  unreadableFields: {},
});

describe('the kit notices', () => {
  afterEach(() => void Object.assign(forum, whole));

  test.each(MISTAKES)(
    '$mistake',
    async ({ change, noticedBy }) => {
      const checks = Object.values(kit).flat();
      const [check, ...others] = checks.filter(({ name }) => name.startsWith(noticedBy));
      expect([check?.name, others]).toEqual([expect.any(String), []]);
      Object.assign(forum, change);
      await expect(check?.run(forum)).rejects.toThrow();
    },
    60_000,
  );
});
