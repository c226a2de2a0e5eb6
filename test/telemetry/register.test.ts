import { expect, test } from '@jest/globals';
import { readManifest } from '../repository/lock.ts';
import { REGISTER, hasTelemetryPackages } from '../support/collector.ts';
import { startProcess } from '../support/process.ts';
import { MAIN } from '../support/service-process.ts';

const isInstalled = hasTelemetryPackages();
if (!isInstalled)
  console.log('Skipped: the SDK of traces, since npm --prefix deploy/telemetry ci was not run.');

/** Prints what is registered with the API that the service uses. */
const SCRIPT = new URL('print-registered.ts', import.meta.url).pathname;

async function startWith(env: Readonly<Record<string, string>>) {
  const child = startProcess({
    script: SCRIPT,
    name: 'a process with the SDK',
    nodeArgs: ['--import', REGISTER],
    env,
  });
  const { code } = await child.ended;
  return { code, output: child.output().trim() };
}

test('the SDK is of the versions that the tests of traces use', () => {
  const { dependencies } = readManifest('deploy/telemetry');
  const { dependencies: production, devDependencies } = readManifest();
  const own = { ...production, ...devDependencies };
  const shared = Object.entries(dependencies).filter(([name]) => name in own);
  expect(shared.map(([name]) => name)).toEqual([
    '@opentelemetry/api',
    '@opentelemetry/sdk-trace-node',
  ]);
  expect(shared.map(([name, version]) => [name, version])).toEqual(
    shared.map(([name]) => [name, own[name]]),
  );
});

(isInstalled ? test : test.skip).each([
  ['without a destination nothing is registered', {}, { code: 0, output: 'nothing' }],
  [
    'with an endpoint the SDK is registered',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    { code: 0, output: 'NodeTracerProvider' },
  ],
  [
    'a disabled SDK is not registered',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
    { code: 0, output: 'nothing' },
  ],
  [
    'a protocol that the SDK does not have stops the start',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { code: 1, output: 'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf or http/json.' },
  ],
  [
    'an exporter that the SDK does not have stops the start',
    { OTEL_TRACES_EXPORTER: 'zipkin' },
    { code: 1, output: 'OTEL_TRACES_EXPORTER must be otlp, console or none.' },
  ],
])('%s', async (_what, env, expected) => {
  expect(await startWith(env)).toEqual(expected);
});

/** Keeps so many objects alive, as a package that `--import` loads may do, and prints the size of V8's new space. */
const loading = (objects: number) =>
  `data:text/javascript,${encodeURIComponent(`
    import { getHeapSpaceStatistics } from 'node:v8';
    globalThis.kept = Array.from({ length: ${objects} }, () => ({ }));
    process.on('exit', () => {
      const [space] = getHeapSpaceStatistics().filter((each) => each.space_name === 'new_space');
      console.log('new space: ' + space.space_size / 2 ** 20 + ' MB');
    });`)}`;

test('new objects have 32 MB also if many were made before the service', async () => {
  const child = startProcess({
    script: MAIN,
    name: 'the service',
    args: ['--check-config'],
    nodeArgs: ['--import', loading(100_000)],
    env: { SANDBOX: 'true' },
  });
  expect((await child.ended).code).toBe(0);
  expect(child.stdout()).toMatch(/^new space: 32 MB$/m);
});
