import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Kind, parse, visit } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { composeFiles } from '../../deploy/routers/compose.ts';
import { SUBGRAPH_TIMEOUT_MS } from '../../deploy/routers/node-gateway/settings.ts';
import { readText, root } from '../repository/lock.ts';

const ROUTERS = join(root, 'deploy/routers');
const ROUTER_FILES = ['apollo', 'cosmo', 'hive'].flatMap((folder) =>
  readdirSync(join(ROUTERS, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`),
);
const CLAIMS_FILES = ROUTER_FILES.filter((file) => file.endsWith('/claims.yaml'));
const OPERATION_DEADLINE_MS = 8_000;

const textOf = (file: string): string => readFileSync(join(ROUTERS, file), 'utf8');
const read = (file: string): unknown => parseYaml(textOf(file));

/** Every value of a configuration, with the names that lead to it. */
function leavesOf(
  value: unknown,
  path: readonly string[] = [],
): { path: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path: path.join('.'), value }];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

/** Hive Router takes `{ from_env: NAME }` wherever its schema has a text. */
function withoutVariables(value: unknown): unknown {
  const text = JSON.stringify(value).replace(/\{"from_env":("\w+")\}/g, '$1');
  return JSON.parse(text);
}

/** Rules for the headers of requests to the badges subgraph. */
function requestRules(file: string): { name: string; isPropagated: boolean; text: string }[] {
  const { headers } = z
    .object({
      headers: z.object({ subgraphs: z.object({ badges: z.object({ request: z.unknown() }) }) }),
    })
    .parse(read(file));
  const { request } = headers.subgraphs.badges;
  const rules = (
    Array.isArray(request)
      ? request
      : z.object({ operations: z.array(z.unknown()) }).parse(request).operations
  ) as Record<string, unknown>[];
  return rules.flatMap((rule) => {
    const isPropagated = rule.op === 'propagate' || 'propagate' in rule;
    const { name, named } = {
      ...rule,
      ...Object.values(rule).find((of) => typeof of === 'object'),
    } as {
      name?: string;
      named?: string | string[];
    };
    return [name ?? named ?? []].flat().map((header) => ({
      name: header.toLowerCase(),
      isPropagated,
      text: JSON.stringify(rule),
    }));
  });
}

describe.each(ROUTER_FILES)('deploy/routers/%s', (file) => {
  test('sends the secret from the environment, and never one of a client', () => {
    const rules = requestRules(file).filter(({ name }) => name === 'router-authorization');
    expect(rules.map(({ isPropagated }) => isPropagated)).toEqual([false]);
    expect(rules[0]?.text).toMatch(/\$\{(env\.)?ROUTER_SECRET\}|"from_env":"ROUTER_SECRET"/);
  });

  test('passes on no tenant and no actor of a client', () => {
    const propagated = requestRules(file).filter(({ isPropagated }) => isPropagated);
    expect(propagated.map(({ name }) => name)).toContain('x-request-id');
    expect(propagated.filter(({ name }) => name.startsWith('x-badges-'))).toEqual([]);
    // A pattern could match them too.
    expect(leavesOf(read(file)).filter(({ path }) => /\bmatching\b/.test(path))).toEqual([]);
  });

  test('says who asks: by the token, or by its verified claims', () => {
    const names = requestRules(file).map(({ name }) => name);
    const isByClaims = CLAIMS_FILES.includes(file);
    expect(names.includes('authorization')).toBe(!isByClaims);
    for (const [header, claim] of [
      ['x-badges-tenant', 'claims.tenant'],
      ['x-badges-actor', 'claims.sub'],
    ] as const) {
      const rules = requestRules(file).filter(({ name }) => name === header);
      expect(rules.filter(({ text }) => text.includes(claim))).toHaveLength(isByClaims ? 1 : 0);
    }
  });

  test('waits longer than the subgraph lets an operation take', () => {
    const times = leavesOf(read(file)).filter(({ path }) =>
      /^traffic_shaping\.subgraphs\.badges\.(request_)?timeout$/.test(path),
    );
    expect(times.map(({ value }) => value)).toEqual(['10s']);
    expect(10_000).toBeGreaterThan(OPERATION_DEADLINE_MS);
    expect(readText('docs/configuration.md')).toMatch(
      new RegExp(`\\| \`OPERATION_DEADLINE_MS\` +\\| \`${OPERATION_DEADLINE_MS}\``),
    );
  });

  test('says with which version it was run, and how', () => {
    const [heading = ''] = textOf(file).split(/^\w/m);
    expect(heading).toMatch(
      /^# \S+ Router [^]*Run with[\s#]+(\d+\.\d+\.\d+|the commit [\da-f]{7})/,
    );
    expect(heading).toMatch(/ROUTER_SECRET=[^]*\brouter\b/);
  });
});

test.each(CLAIMS_FILES)(
  'deploy/routers/%s differs from router.yaml in who verifies tokens only',
  (file) => {
    const [claims, plain] = [file, file.replace('claims', 'router')].map(
      (each) => read(each) as Record<string, unknown>,
    );
    const differing = Object.keys({ ...claims, ...plain }).filter(
      (part) => JSON.stringify(claims?.[part]) !== JSON.stringify(plain?.[part]),
    );
    const AUTHENTICATION = ['authentication', 'authorization', 'headers', 'jwt'];
    expect(differing.filter((part) => !AUTHENTICATION.includes(part))).toEqual([]);
    expect(differing).toContain('authorization');
  },
);

test('the Node gateways wait as long as the routers', () => {
  expect(SUBGRAPH_TIMEOUT_MS).toBe(10_000);
});

test.each(ROUTER_FILES.filter((file) => !file.startsWith('apollo/')))(
  'the router knows every setting of deploy/routers/%s',
  (file) => {
    const schema = JSON.parse(textOf(join(file, '../config.schema.json'))) as object;
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(schema);
    validate(withoutVariables(read(file)));
    expect(validate.errors ?? []).toEqual([]);
    const unknown = { ...(withoutVariables(read(file)) as object), unknown_setting: true };
    expect(validate(unknown)).toBe(false);
  },
);

describe('npm run supergraph:compose', () => {
  test('composes the subgraphs of rover.yaml for every router', async () => {
    const files = await composeFiles();
    expect(Object.keys(files)).toEqual(['supergraph.graphql', 'cosmo-execution.json']);
    expect(urlsIn(files)).toEqual([
      { badges: 'http://127.0.0.1:4001/graphql', members: 'http://127.0.0.1:4002/graphql' },
      { badges: 'http://127.0.0.1:4001/graphql', members: 'http://127.0.0.1:4002/graphql' },
    ]);
    expect(files['supergraph.graphql']).not.toContain('@authenticated');
  });

  test('leaves out the description of the schema, which Hive Router cannot parse', async () => {
    const [first] = parse((await composeFiles())['supergraph.graphql'] ?? '').definitions;
    expect(first).toMatchObject({ kind: Kind.SCHEMA_DEFINITION, description: undefined });
  });

  test('sends the operations of a subgraph to the address that was given', async () => {
    const files = await composeFiles({ urls: ['badges=http://badges.internal:4001/graphql'] });
    for (const urls of urlsIn(files)) {
      expect(urls).toEqual({
        badges: 'http://badges.internal:4001/graphql',
        members: 'http://127.0.0.1:4002/graphql',
      });
    }
  });

  test('composes what the service serves with AUTH_DIRECTIVES', async () => {
    const files = await composeFiles({ hasAuthDirectives: true });
    expect(files['supergraph.graphql']).toMatch(/badges\(.*@authenticated/s);
    const { engineConfig } = JSON.parse(files['cosmo-execution.json'] ?? '') as {
      engineConfig: {
        fieldConfigurations: { fieldName: string; authorizationConfiguration?: object }[];
      };
    };
    const guarded = engineConfig.fieldConfigurations.filter((of) => of.authorizationConfiguration);
    expect(guarded.map(({ fieldName }) => fieldName)).toEqual(
      expect.arrayContaining(['badges', 'badge', 'updateBadge', 'awardBadge']),
    );
  });

  test.each([
    [
      'other=http://127.0.0.1:1/',
      '--url names "other", and the file has no subgraph with this name.',
    ],
    ['badges', '--url must be <name>=<url>, and is "badges".'],
  ])('refuses --url %s with the reason', async (url, reason) => {
    await expect(composeFiles({ urls: [url] })).rejects.toThrow(reason);
  });
});

/** Where each file sends the operations of each subgraph. */
function urlsIn(files: Record<string, string>): Record<string, string>[] {
  const ofSupergraph: Record<string, string> = {};
  visit(parse(files['supergraph.graphql'] ?? ''), {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'join__graph') return;
      const [subgraph, url] = ['name', 'url'].map((wanted) => {
        const value = given.find((argument) => argument.name.value === wanted)?.value;
        return value?.kind === Kind.STRING ? value.value : '';
      });
      ofSupergraph[subgraph ?? ''] = url ?? '';
    },
  });
  const { subgraphs } = z
    .object({ subgraphs: z.array(z.object({ name: z.string(), routingUrl: z.string() })) })
    .parse(JSON.parse(files['cosmo-execution.json'] ?? ''));
  const ofCosmo = subgraphs.map(({ name, routingUrl }) => [name, routingUrl] as const);
  return [ofSupergraph, Object.fromEntries(ofCosmo)];
}
