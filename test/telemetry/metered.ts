import { pino } from 'pino';
import { type Metrics, createMetrics, createMetricsObserver } from '../../src/telemetry/metrics.ts';
import { combineObservers } from '../../src/telemetry/observer.ts';
import { createRequestLog } from '../../src/telemetry/logger.ts';
import { type TestService, type TestServiceOptions, startTestService } from '../support/service.ts';

export interface MeteredService {
  service: TestService;
  metrics: Metrics;
  /** Lines of the log of requests. */
  lines: Record<string, unknown>[];
  /** The samples of one metric, by their labels as they are printed. */
  samplesOf(name: string): Promise<Record<string, number>>;
  send(body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** Starts a service with metrics and a log of all requests, as the process does. */
export async function startMetered(
  options: TestServiceOptions & { sample?: number; operations?: string[] } = {},
): Promise<MeteredService> {
  const { sample = 1, operations = [], ...overrides } = options;
  const metrics = await createMetrics({ version: '1.2.3', operations, now: Date.now });
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const log = createRequestLog({ logger, sample });
  const observer = combineObservers([log.observer, createMetricsObserver(metrics)]);
  const service = await startTestService({ observer, metrics, ...overrides });
  return {
    service,
    metrics,
    lines,
    async samplesOf(name) {
      const text = await metrics.text();
      const pattern = new RegExp(`^${name}({.*})? (\\S+)$`, 'gm');
      return Object.fromEntries(
        [...text.matchAll(pattern)].map(([, labels = '', value]) => [labels, Number(value)]),
      );
    },
    send: (body, headers = {}) =>
      fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'r-1', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async close() {
      await service.close();
      log.close();
    },
  };
}
