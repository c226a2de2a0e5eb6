import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import {
  CHART,
  COPIED,
  RENDERED,
  fingerprint,
  hasHelm,
  render,
  valueSets,
  valuesFileOf,
} from '../../deploy/helm/chart.ts';
import { environmentOf, imageOf, readDockerfile } from '../../deploy/image/dockerfile.ts';
import { readConfig } from '../../src/config/read-config.ts';

type Tree = { [name: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const readYaml = (file: string) => parse(readFileSync(file, 'utf8')) as Tree;
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Tree;

/** As helm does before it checks them. */
function merge(base: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([name, value]): [string, unknown] => {
    const own = base[name];
    return [name, isTree(own) && isTree(value) ? merge(own, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

const ajv = new Ajv({ allErrors: true, strict: false });
const checkValues = ajv.compile(readJson(join(CHART, 'values.schema.json')));
const defaults = readYaml(join(CHART, 'values.yaml'));

/** The places in the values that the schema rejects. */
function wrongValues(...overs: Tree[]): string[] {
  checkValues(overs.reduce(merge, defaults));
  const errors = checkValues.errors ?? [];
  return [
    ...new Set(
      errors
        .filter(({ keyword }) => keyword !== 'if' && keyword !== 'not')
        .map(({ instancePath, params }) =>
          [instancePath, params.missingProperty ?? params.propertyName].filter(Boolean).join(' '),
        ),
    ),
  ];
}

describe('values', () => {
  const single = readYaml(valuesFileOf('one-process'));
  const several = readYaml(valuesFileOf('replicas'));

  test('the two examples are valid, and the defaults lack a secret and a router', () => {
    expect(wrongValues(single)).toEqual([]);
    expect(wrongValues(several)).toEqual([]);
    expect(wrongValues()).toEqual(['/secrets ROUTER_SECRET', '/networkPolicy/routers']);
  });

  test('several processes need Redis, and Redis needs a rule of the network policy', () => {
    expect(wrongValues(single, { replicas: 2 })).toEqual(['/replicas']);
    expect(wrongValues(single, { autoscaling: { enabled: true } })).toEqual([
      '/autoscaling/enabled',
    ]);
    const redis = { secrets: { REDIS_URL: { name: 'redis', key: 'url' } }, replicas: 2 };
    expect(wrongValues(single, redis)).toEqual(['/networkPolicy/redis/to']);
    const to = [{ podSelector: {} }];
    expect(wrongValues(single, redis, { networkPolicy: { redis: { to } } })).toEqual([]);
    expect(wrongValues(single, redis, { networkPolicy: { enabled: false } })).toEqual([]);
  });

  test.each([
    'ROUTER_SECRET',
    'REDIS_URL',
    'METRICS_TOKEN',
    'TAG_MANGO_API_KEY',
    'ROUTER_SECRET_FILE',
  ])('%s is not taken as a plain setting', (name) => {
    expect(wrongValues(single, { config: { [name]: 'secret' } })).toEqual([`/config ${name}`]);
  });

  test.each(['STATE_DIR', 'PORT', 'REPLICAS', 'NODE_ENV'])(
    '%s, which the chart sets itself, is not taken',
    (name) => {
      expect(wrongValues(single, { config: { [name]: '1' } })).toEqual([`/config ${name}`]);
    },
  );

  test('Prometheus needs the token of the metrics', () => {
    const monitor = { metrics: { serviceMonitor: { enabled: true } } };
    expect(wrongValues(single, monitor)).toEqual(['/secrets METRICS_TOKEN']);
  });

  test('a secret is a reference, and a misspelt value is rejected', () => {
    expect(wrongValues(single, { secrets: { TAG_MANGO_API_KEY: 'key' } })).toEqual([
      '/secrets/TAG_MANGO_API_KEY',
    ]);
    expect(wrongValues(single, { replica: 1 })).toHaveLength(1);
  });
});

const kubernetes = readJson(join(import.meta.dirname, 'kubernetes-schema.json'));
ajv.addSchema(kubernetes, 'kubernetes');
/** Kinds of the operator of Prometheus, whose schemas are not part of Kubernetes. */
const FOREIGN = ['monitoring.coreos.com/v1'];
const GROUPS: Readonly<Record<string, string>> = {
  v1: 'core.v1',
  'apps/v1': 'apps.v1',
  'autoscaling/v2': 'autoscaling.v2',
  'networking.k8s.io/v1': 'networking.v1',
  'policy/v1': 'policy.v1',
};

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
type Manifest = z.infer<typeof manifestSchema>;

/** What Kubernetes would complain about. */
function problemsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  if (FOREIGN.includes(apiVersion)) return [];
  const name = `io.k8s.api.${GROUPS[apiVersion] ?? apiVersion}.${kind}`;
  const check = ajv.getSchema(`kubernetes#/definitions/${name}`);
  if (!check) return [`${name} is not in the schema`];
  if (check(manifest) === true) return [];
  return (check.errors ?? []).map((error) => `${kind}${error.instancePath} ${error.message}`);
}

const podSchema = z.looseObject({
  terminationGracePeriodSeconds: z.number(),
  automountServiceAccountToken: z.boolean(),
  securityContext: z.unknown(),
  containers: z.tuple([
    z.looseObject({
      securityContext: z.unknown(),
      env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
    }),
  ]),
});

function read(name: string): Manifest[] {
  const text = readFileSync(join(RENDERED, `${name}.yaml`), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((manifest) => manifest !== null)
    .map((manifest) => manifestSchema.parse(manifest));
}

function podOf(manifests: readonly Manifest[]) {
  const workload = manifests.find(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const spec = z.looseObject({
    spec: z.looseObject({ template: z.looseObject({ spec: podSchema }) }),
  });
  return spec.parse(workload).spec.template.spec;
}

const folder = mkdtempSync(join(tmpdir(), 'badges-chart-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRETS: Readonly<Record<string, string>> = {
  ROUTER_SECRET: 'a-secret-of-the-router',
  REDIS_URL: 'redis://redis:6379',
  METRICS_TOKEN: 'a-token-of-prometheus',
  TAG_MANGO_API_KEY: 'a-key',
};
const TENANTS = `tenants:
  acme: { TAG_MANGO_API_KEY: { file: key }, TAG_MANGO_WHITELABEL_HOST: acme.example.com }`;

/** The environment of the container, with files in place of what is mounted. */
function environment(name: string): Record<string, string> {
  const [{ env }] = podOf(read(name)).containers;
  const given = env.flatMap(({ name: variable, value }) =>
    value === undefined ? [] : [[variable, value]],
  );
  const values = Object.fromEntries(given) as Record<string, string>;
  for (const [variable, path] of Object.entries(values)) {
    if (!variable.endsWith('_FILE')) continue;
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, SECRETS[basename(path)] ?? TENANTS);
    if (variable === 'TENANTS_FILE') writeFileSync(join(dirname(file), 'key'), 'a-key');
    values[variable] = file;
  }
  return { ...environmentOf(imageOf(readDockerfile())), ...values, STATE_DIR: folder };
}

describe.each(valueSets())('the manifests of %s', (name) => {
  test('are of this chart', () => {
    const text = readFileSync(join(RENDERED, `${name}.yaml`), 'utf8');
    const [first] = text.split('\n');
    expect(first).toBe(fingerprint());
    if (hasHelm()) expect(render(name)).toBe(text);
  });

  test('are valid for Kubernetes', () => {
    expect(read(name).flatMap(problemsOf)).toEqual([]);
  });

  test('let the container do nothing but run', () => {
    const { securityContext, automountServiceAccountToken, containers } = podOf(read(name));
    expect({ securityContext, automountServiceAccountToken }).toEqual({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('set what the service accepts, and leave it the time that it needs to stop', () => {
    const config = readConfig(environment(name));
    const stopsWithinMs = config.shutdownDelayMs + config.operationDeadlineMs;
    const { terminationGracePeriodSeconds } = podOf(read(name));
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(stopsWithinMs + 3000);
  });
});

test('a property that Kubernetes does not know is found', () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { port: 1 },
  };
  expect(problemsOf(manifest)).toEqual(['Service/spec must NOT have additional properties']);
});

test.each(COPIED)('the chart has a copy of %s', (from, to) => {
  expect(readFileSync(to, 'utf8')).toBe(readFileSync(from, 'utf8'));
});

test('one process has a volume of its own, and replicas are spread and kept up', () => {
  const kinds = (name: string) =>
    read(name)
      .map(({ kind }) => kind)
      .sort();
  expect(kinds('one-process')).toEqual([
    'NetworkPolicy',
    'Service',
    'ServiceAccount',
    'StatefulSet',
  ]);
  expect(kinds('replicas')).toEqual([
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'PrometheusRule',
    'Service',
    'ServiceAccount',
    'ServiceMonitor',
  ]);
});

test('where helm is not installed, its lack is told in a sentence', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(CHART, '../render.ts')], {
    env: { PATH: '' },
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'npm run chart:render needs helm 3.18 or newer, and finds no helm in PATH.\n',
  });
});
