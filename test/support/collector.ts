import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const FOLDER = join(import.meta.dirname, '../../deploy/telemetry');
/** Starts the SDK of a process: `node --import` takes it. */
export const REGISTER = join(FOLDER, 'register.mjs');

/** Whether the SDK is installed. `npm ci` does not install it, and CI must. */
export function hasTelemetryPackages(): boolean {
  const isInstalled = existsSync(join(FOLDER, 'node_modules'));
  if (!isInstalled && process.env.CI) {
    throw new Error('CI must install the packages of deploy/telemetry');
  }
  return isInstalled;
}

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes: z.array(attribute),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface CollectedSpan {
  service: unknown;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** Numbers are text in OTLP's JSON. */
  attributes: Readonly<Record<string, unknown>>;
}

export interface Collector {
  /** The variables of a process that exports to it, only when its queue is full or when it ends. */
  variables: Readonly<Record<string, string>>;
  /** Returns the spans that have arrived since the last call. */
  take(): CollectedSpan[];
  close(): Promise<void>;
}

/** Receives spans as JSON over HTTP, like a collector of OpenTelemetry. */
export async function startCollector(): Promise<Collector> {
  let spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      spans.push(...toSpans(JSON.parse(body)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    },
    take() {
      const taken = spans;
      spans = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function toSpans(body: unknown): CollectedSpan[] {
  return exported.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap((scope) => scope.spans)
      .map(({ attributes, parentSpanId, ...span }) => ({
        ...span,
        service: toValues(resource.attributes)['service.name'],
        parentSpanId,
        attributes: toValues(attributes),
      })),
  );
}

function toValues(attributes: readonly z.output<typeof attribute>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
