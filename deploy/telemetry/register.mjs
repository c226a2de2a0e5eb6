/**
 * Starts the OpenTelemetry SDK ahead of the service, if a standard variable says where traces go:
 *   node --import ./deploy/telemetry/register.mjs dist/main.js
 * docs/operating.md lists the variables. Without them nothing is loaded.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const { env } = process;
const DESTINATIONS = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_TRACES_EXPORTER',
];
const isOff =
  env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';

// Worker threads inherit `--import`, but make no spans.
if (isMainThread && !isOff && DESTINATIONS.some((name) => env[name])) await start();

async function start() {
  const { DiagConsoleLogger, DiagLogLevel, diag } = await import('@opentelemetry/api');
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const resources = await import('@opentelemetry/resources');

  // Failed exports are reported here. They do not affect the service.
  const logLevel = DiagLogLevel[env.OTEL_LOG_LEVEL?.toUpperCase()] ?? DiagLogLevel.WARN;
  diag.setLogger(new DiagConsoleLogger(), { logLevel });
  const { envDetector, hostDetector, serviceInstanceIdDetector } = resources;
  const detectors = [hostDetector, serviceInstanceIdDetector, envDetector];
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ 'service.name': 'badges-subgraph' }))
    .merge(resources.detectResources({ detectors }));
  const exporter = await createExporter();
  new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(exporter)],
  }).register();
}

async function createExporter() {
  const exporter = env.OTEL_TRACES_EXPORTER || 'otlp';
  if (exporter === 'console') {
    const { ConsoleSpanExporter } = await import('@opentelemetry/sdk-trace-node');
    return new ConsoleSpanExporter();
  }
  if (exporter !== 'otlp') fail('OTEL_TRACES_EXPORTER', 'otlp, console or none');
  const name = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
    ? 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
    : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  switch (env[name] || 'http/protobuf') {
    case 'http/protobuf': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter();
    }
    case 'http/json': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
      return new OTLPTraceExporter();
    }
    default:
      return fail(name, 'http/protobuf or http/json');
  }
}

function fail(name, values) {
  process.stderr.write(`${name} must be ${values}.\n`);
  process.exit(1);
}
