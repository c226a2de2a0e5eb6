import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { type GraphQLObjectType, isObjectType } from 'graphql';
import { createBadgesSchema } from '../../../src/badges/schema.ts';
import { ProviderError } from '../../../src/http/provider-error.ts';
import type { BadgeFields, BadgeList } from '../../../src/providers/badge-list.ts';
import { isHttpsOrLoopbackUrl } from '../../../src/providers/graph-types.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { toOutput } from '../../properties/graph-output.ts';
import { anyJson, numberText, stringText } from '../../properties/json-texts.ts';
import { numRuns } from '../../properties/runs.ts';
import { createSkippingClock } from '../../support/clock.ts';
import { type Check, type World, expectFor, inWorld } from './world.ts';
import { plainHttpDeps } from '../../support/http-deps.ts';

/** A server in front of a stand-in that can replace its responses. */
interface Front {
  list: () => Promise<BadgeList>;
  /** Restores a stored badge, with the settings of the client. */
  restore: (record: unknown) => BadgeFields | null;
  /** The last response of the stand-in. */
  answered: () => string;
  answerWith: (text: string | undefined) => void;
}

async function inFront(
  provider: Provider,
  { service, standIn }: World,
  run: (front: Front) => Promise<void>,
): Promise<void> {
  let answered = '';
  let given: string | undefined;
  const server = createServer((request, response) => {
    const { authorization = '', ...headers } = request.headers as Record<string, string>;
    const { host: _host, connection: _connection, ...sent } = headers;
    void fetch(standIn.origin + (request.url ?? ''), { headers: { ...sent, authorization } })
      .then((answer) => answer.text())
      .then((text) => {
        answered = text;
        response.setHeader('content-type', 'application/json').end(given ?? text);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const values = Object.entries(service.sandbox.providerValues[provider.key] ?? {});
  const led = values.map(([variable, value]) => {
    return [variable, value.replace(standIn.origin, `http://127.0.0.1:${port}`)] as const;
  });
  const clock = createSkippingClock();
  const settings = Object.fromEntries(led);
  const isImageUrl = isHttpsOrLoopbackUrl;
  const client = provider.createClient(settings, {
    isImageUrl,
    http: {
      ...plainHttpDeps,
      clock,
    },
  });
  try {
    await run({
      restore: (record) => provider.restoreBadge(record, { isImageUrl, values: settings }),
      list: () => client.listBadges({ purpose: 'query', deadlineAt: clock.now() + 20_000 }),
      answered: () => answered,
      answerWith: (text) => void (given = text),
    });
  } finally {
    await client.close();
    server.close();
  }
}

type Path = readonly (string | number)[];

/** The paths of all values in a JSON value, the outermost first. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, each]) =>
    pathsOf(each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function replaceAt(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((each: unknown, at) => (at === key ? replaceAt(each, rest, by) : each));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => [
    name,
    name === key ? replaceAt(each, rest, by) : each,
  ]);
  return Object.fromEntries(entries);
}

/** A response in which some values are replaced. The texts are inserted last, so that they stay as odd as they are. */
function alteredAnswers(answer: string): fc.Arbitrary<string> {
  const base: unknown = JSON.parse(answer);
  const other = fc.oneof(
    stringText,
    numberText,
    anyJson,
    fc.constantFrom('null', '""', '[]', '{}'),
  );
  const change = fc.tuple(fc.constantFrom(...pathsOf(base)), other);
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const marked = changes.reduce<unknown>(
      (value, [path], index) => replaceAt(value, path, `@@${index}@@`),
      base,
    );
    return changes.reduce(
      (text, [, by], index) => text.replace(`"@@${index}@@"`, () => by),
      JSON.stringify(marked),
    );
  });
}

async function typeOf({ badgeClass }: Provider): Promise<GraphQLObjectType> {
  const { schema } = await createBadgesSchema();
  const type = schema.getType(badgeClass.name);
  if (isObjectType(type)) return type;
  throw new Error(`there is no type ${badgeClass.name}`);
}

/** Every badge that was read can be shown, stored and restored. */
function expectSound(
  provider: Provider,
  badge: BadgeFields,
  { type, restore }: { type: GraphQLObjectType; restore: Front['restore'] },
): void {
  const { id, name, imageUrl, version, record } = badge;
  const restored = restore(JSON.parse(JSON.stringify(record)));
  if (!restored) throw new Error(`the record of ${id} cannot be restored`);
  // All at once: thousands of badges are checked, and each `expect` takes longer than what it compares.
  const seen = {
    hasId: provider.isBadgeId(id),
    name: typeof name,
    hasVersion: /^[\w-]{22}$/.test(version),
    hasImage: imageUrl === null || isHttpsOrLoopbackUrl(imageUrl),
    isOfClass: restored instanceof provider.badgeClass,
    output: JSON.stringify(toOutput(type, restored)),
  };
  expectFor({ id, version, imageUrl }, seen, {
    hasId: true,
    name: 'string',
    hasVersion: true,
    hasImage: true,
    isOfClass: true,
    output: JSON.stringify(toOutput(type, badge)),
  });
}

const prototypes = (): string =>
  JSON.stringify(
    [Object.prototype, Array.prototype].map((each) => Reflect.ownKeys(each).map(String)),
  );

export const mappingChecks: readonly Check[] = [
  {
    name: 'whatever its list holds gives badges that can be shown, kept and restored, or a ProviderError',
    run: (provider) =>
      inWorld(provider, (world) =>
        inFront(provider, world, async ({ list, restore, answered, answerWith }) => {
          const type = await typeOf(provider);
          const { badges } = await list();
          for (const badge of badges) expectSound(provider, badge, { type, restore });
          const known = prototypes();
          let read = 0;
          await fc.assert(
            fc.asyncProperty(alteredAnswers(answered()), async (text) => {
              answerWith(text);
              try {
                const found = await list();
                for (const badge of found.badges) expectSound(provider, badge, { type, restore });
                read += 1;
              } catch (error) {
                if (!(error instanceof ProviderError)) throw error;
              }
              expect(prototypes()).toBe(known);
            }),
            { numRuns },
          );
          // If nothing could be read, nothing would be tested.
          expect(read).toBeGreaterThan(numRuns / 10);
        }),
      ),
  },
  {
    name: 'a badge has another version as soon as a field that can be written is shown with another value',
    run: (provider) =>
      inWorld(provider, (world) =>
        inFront(provider, world, async ({ list }) => {
          const { scratch } = provider.check;
          const id = provider.example.badgeId;
          const stored = world.standIn.badges.get(id);
          if (!stored) throw new Error(`the stand-in has no badge ${id}`);
          const find = async () => (await list()).badges.find((badge) => badge.id === id);
          const before = await find();
          const fields = { ...scratch.fields, [scratch.nameField]: 'Another name' };
          let changed = 0;
          for (const [field, value] of Object.entries(fields)) {
            world.standIn.badges.set(id, { ...stored, [field]: value });
            const after = await find();
            const isShown = JSON.stringify(after?.record) !== JSON.stringify(before?.record);
            changed += isShown ? 1 : 0;
            expectFor({ field, isShown }, after?.version !== before?.version, isShown);
          }
          expect(changed).toBeGreaterThan(1);
          world.standIn.badges.set(id, stored);
          expect((await find())?.version).toBe(before?.version);
        }),
      ),
  },
  {
    name: 'a picture that is not https is shown as none',
    run: (provider) =>
      inWorld(provider, (world) =>
        inFront(provider, world, async ({ list }) => {
          const { urlField } = provider.check.scratch;
          const id = provider.example.badgeId;
          const stored = world.standIn.badges.get(id);
          for (const url of [
            'javascript:alert(1)',
            'http://a.example/b.png',
            'https://a"b',
            '//a',
          ]) {
            world.standIn.badges.set(id, { ...stored, [urlField]: url });
            const badge = (await list()).badges.find((each) => each.id === id);
            expectFor({ url }, badge?.imageUrl, null);
          }
        }),
      ),
  },
];
