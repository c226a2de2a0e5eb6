import { expect } from '@jest/globals';
import { isInputObjectType, isNonNullType } from 'graphql';
import { createBadgesSchema } from '../../../src/badges/schema.ts';
import { ProviderError } from '../../../src/http/provider-error.ts';
import { isHttpsUrl } from '../../../src/providers/graph-types.ts';
import type { Operation, OperationKind } from '../../../src/providers/provider.ts';
import { createSkippingClock } from '../../support/clock.ts';
import { HOSTILE_IDS } from './declarations.ts';
import { type Check, codesOf, exampleOf, examplesOf, expectFor, inWorld } from './world.ts';
import { plainHttpDeps } from '../../support/http-deps.ts';

/** Characters that act on the text around them, or that are invisible. */
const HIDDEN_TEXTS = [
  'Ma\u202ejor',
  'Ma\u0000jor',
  'Ma\u001b[31mjor',
  'Ma\u2066jor',
  'Major\ufffe',
];
const INVISIBLE_NAMES = ['', ' ', '\u200b', '\u3164', '\u2800', '\u00ad\ufeff'];

/** The text fields of an input that are not IDs. */
async function textFieldsOf({ inputClass }: Operation): Promise<string[]> {
  const { schema } = await createBadgesSchema();
  const type = schema.getType(inputClass.name);
  if (!isInputObjectType(type)) throw new Error(`there is no input ${inputClass.name}`);
  return Object.values(type.getFields()).flatMap(({ name, type: fieldType }) => {
    const bare = isNonNullType(fieldType) ? fieldType.ofType : fieldType;
    return String(bare) === 'String' ? [name] : [];
  });
}

const FIELD_KINDS: readonly OperationKind[] = ['create', 'update'];

/** An input with another ID in place of that of its badge. */
function withBadgeId(operation: Operation, input: object, id: string): object {
  const target = operation.target(input);
  if (!target) return input;
  const value: unknown = input[target.field as keyof typeof input];
  return { ...input, [target.field]: Array.isArray(value) ? [id] : id };
}

export const inputChecks: readonly Check[] = [
  {
    name: 'no text with characters that act unseen is sent, in any field that takes one',
    async run(provider) {
      for (const kind of FIELD_KINDS) {
        const [operation, input] = [provider.operations[kind], exampleOf(provider, kind)];
        if (!operation || !input) continue;
        const fields = await textFieldsOf(operation);
        expect(fields).toContain(provider.check.scratch.nameField);
        await inWorld(provider, async ({ mutate, standIn }) => {
          for (const field of fields) {
            for (const text of HIDDEN_TEXTS) {
              const payload = await mutate(kind, { ...input, [field]: text });
              expectFor({ kind, field, text }, codesOf(payload), ['INVALID_INPUT']);
              expect(payload.userErrors[0]?.fields).toEqual([['input', provider.key, field]]);
            }
          }
          expect(standIn.requests).toEqual([]);
        });
      }
    },
  },
  {
    name: 'a name that cannot be seen is not sent, nor one that is too long to be read again',
    async run(provider) {
      const { nameField } = provider.check.scratch;
      for (const kind of FIELD_KINDS) {
        const input = exampleOf(provider, kind);
        if (!input) continue;
        await inWorld(provider, async ({ mutate, standIn }) => {
          for (const name of [...INVISIBLE_NAMES, 'x'.repeat(100_000)]) {
            const payload = await mutate(kind, { ...input, [nameField]: name });
            expectFor({ kind, name: name.slice(0, 20) }, codesOf(payload), ['INVALID_INPUT']);
          }
          expect(standIn.requests).toEqual([]);
        });
      }
    },
  },
  {
    name: 'each text and list of an input has the limit that its description states, and no other',
    async run(provider) {
      const { schema } = await createBadgesSchema();
      for (const kind of FIELD_KINDS) {
        const [operation, input] = [provider.operations[kind], exampleOf(provider, kind)];
        const type = schema.getType(operation?.inputClass.name ?? '');
        if (!operation || !input || !isInputObjectType(type)) continue;
        for (const { name, description, type: fieldType } of Object.values(type.getFields())) {
          const bare = String(fieldType).replace(/!$/, '');
          if (bare !== 'String' && bare !== '[ID!]') continue;
          const toValue = (length: number): unknown =>
            bare === 'String' ? 'x'.repeat(length) : Array.from({ length }, () => 'a'.repeat(24));
          const isTooLong = (length: number): boolean =>
            operation
              .check({ ...input, [name]: toValue(length) }, { isImageUrl: () => true })
              .some(({ message }) => message.includes('must have at most'));
          const most = Number(/At most (\d+) (characters|entries)/.exec(description ?? '')?.[1]);
          const lengths = most > 0 ? [most, most + 1] : [20_000];
          const found = { kind, name, isTooLong: lengths.map(isTooLong) };
          expectFor(found, found.isTooLong, most > 0 ? [false, true] : [false]);
        }
      }
    },
  },
  {
    name: 'an update that gives nothing, or null for the version, is refused',
    run: (provider) =>
      inWorld(provider, async ({ mutate, writes }) => {
        const { badgeId } = provider.example;
        const nothing = await mutate('update', { id: badgeId });
        expect(codesOf(nothing)).toEqual(['INVALID_INPUT']);
        for (const kind of ['update', 'delete'] as const) {
          const input = exampleOf(provider, kind);
          if (!input) continue;
          const payload = await mutate(kind, input, { expectedVersion: null });
          expectFor({ kind }, codesOf(payload), ['INVALID_INPUT']);
        }
        expect(writes()).toEqual([]);
      }),
  },
  {
    name: 'a hostile id reaches no provider, through any operation of the graph',
    run: (provider) =>
      inWorld(provider, async ({ mutate, read, standIn, writes }) => {
        const ids = HOSTILE_IDS.filter((id) => !/[\ud800-\udfff]/.test(id));
        for (const id of ids) {
          expectFor({ id }, (await read(id)).data.badge, null);
          for (const { kind, input } of examplesOf(provider)) {
            const operation = provider.operations[kind];
            if (!operation?.target(input)) continue;
            const payload = await mutate(kind, withBadgeId(operation, input, id));
            const codes = codesOf(payload);
            const isRefused = codes.every((code) => ['INVALID_INPUT', 'NOT_FOUND'].includes(code));
            expectFor({ kind, id, codes }, isRefused && codes.length > 0, true);
          }
        }
        expect(writes()).toEqual([]);
        expect(standIn.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
      }),
  },
  {
    name: 'a hostile id reaches no provider, even past every check of the graph',
    run: (provider) =>
      inWorld(provider, async ({ service, standIn }) => {
        const clock = createSkippingClock();
        const client = provider.createClient(service.sandbox.providerValues[provider.key] ?? {}, {
          isImageUrl: isHttpsUrl,
          http: {
            ...plainHttpDeps,
            clock,
          },
        });
        try {
          for (const { kind, input } of examplesOf(provider)) {
            const operation = provider.operations[kind];
            const isInPath = operation?.target(input)?.field === 'id';
            if (!operation || !isInPath) continue;
            for (const id of HOSTILE_IDS) {
              const write = {
                input: withBadgeId(operation, input, id),
                body: {},
                found: undefined,
              };
              const bounds = { purpose: 'write', deadlineAt: clock.now() + 3_000 } as const;
              const error = await operation
                .send(client, write, bounds)
                .catch((thrown: unknown) => thrown);
              const effect = error instanceof ProviderError ? error.effect : error;
              expectFor({ kind, id }, effect, 'not-sent');
            }
          }
          expect(standIn.requests).toEqual([]);
        } finally {
          await client.close();
        }
      }),
  },
];
