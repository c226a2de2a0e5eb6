import type { Metric, Registry } from 'prom-client';
import type { AttemptEnded } from '../http/provider-http.ts';
import type { BadgeList } from '../providers/badge-list.ts';
import { type ListSource, defineGauges } from './gauges.ts';
import type { Observer, OperationInfo, SourceState } from './observer.ts';

/** What is looked at when the metrics are read. */
export interface MetricSources {
  /** What is kept for documents, and how many requests the fast path has answered. */
  usageAhead(): Readonly<Record<string, number>>;
  /** The list of each configured provider of each tenant. */
  lists(): Iterable<ListSource>;
  /** Whether Redis can be reached now. Undefined: the state is not in Redis. */
  isRedisReachable?: (() => boolean) | undefined;
}

/** From a millisecond, which most answers take, to the longest deadline of an operation. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BATCHES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/** Reading the use of a window may ask Redis, so only so many are read: those of tenants that made calls. */
const MAX_WINDOWS = 100;
/** Of tenants that made calls lately. */
const MAX_CALLED = 1_000;
/** How long after a call its window is shown, however often the metrics are read meanwhile, in milliseconds. */
const CALLED_MS = 300_000;

/** The metrics of one service. None of their labels has a value that a caller chooses, nor the name of a tenant. */
export type Metrics = Awaited<ReturnType<typeof createMetrics>>;

interface MetricsOptions {
  /** Of this service. */
  version: string;
  /** Names of operations that get a label value of their own. */
  operations: readonly string[];
  /** Monotonic milliseconds. */
  now: () => number;
}

export async function createMetrics({ version, operations, now }: MetricsOptions) {
  // Loaded only where it is needed, because that takes a tenth of the time of a start.
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const measures = await defineMeasures(registry);
  const gauges = await defineGauges(registry, { version, node: process.versions.node });
  const known = new Set(operations);
  /** By provider, tenant and kind of calls. */
  const openBreakers = new Map<string, { tenant: string; provider: string; calls: string }>();
  /** When each last made a call, the latest last. */
  const called = new Map<string, number>();
  let sources: MetricSources = { usageAhead: () => ({}), lists: () => [] };
  let beforeReading = (): void => undefined;

  async function look(): Promise<void> {
    const lists = [...sources.lists()];
    gauges.showUsage(sources.usageAhead());
    gauges.showRedis(sources.isRedisReachable?.());
    gauges.showLists(lists);
    const configured = new Set(lists.map(keyOf));
    for (const [key, breaker] of openBreakers) {
      if (!configured.has(keyOf(breaker))) openBreakers.delete(key);
    }
    gauges.showBreakers(lists, [...openBreakers.values()]);
    for (const [key, at] of called) {
      if (now() - at > CALLED_MS) called.delete(key);
    }
    const latest = new Set([...called.keys()].slice(-MAX_WINDOWS));
    await gauges.showWindows(lists.filter((list) => latest.has(keyOf(list))));
  }

  return {
    ...measures,
    contentType: registry.contentType,
    /** The label value of an operation: its name if it is known, else its root field. */
    labelOf({ name, rootField }: OperationInfo): string {
      return name !== undefined && known.has(name) ? name : rootField;
    },
    noteCall(provider: string, tenant: string): void {
      const key = keyOf({ tenant, provider });
      called.delete(key);
      called.set(key, now());
      const [oldest] = called.keys();
      if (called.size > MAX_CALLED && oldest !== undefined) called.delete(oldest);
    },
    noteBreaker(of: { tenant: string; provider: string; calls: string }, state: string): void {
      const key = `${keyOf(of)}/${of.calls}`;
      if (state === 'open') openBreakers.set(key, of);
      else openBreakers.delete(key);
    },
    /** From now on the metrics show these too. */
    watch(next: MetricSources): void {
      sources = next;
    },
    /** Called each time before the metrics are read. */
    onReading(listener: () => void): void {
      beforeReading = listener;
    },
    /** All metrics in the text format of Prometheus. */
    async text(): Promise<string> {
      beforeReading();
      await look();
      return registry.metrics();
    },
  };
}

const keyOf = ({ tenant, provider }: { tenant: string; provider: string }): string =>
  `${tenant}/${provider}`;

async function defineMeasures(register: Registry) {
  const { Counter } = await import('prom-client');
  const counter = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: readonly Label[]
  ) =>
    new Counter<Label>({ name: `badges_${name}_total`, help, labelNames, registers: [register] });
  return {
    requests: counter(
      'requests',
      'GraphQL requests that were answered, by kind, operation, path and the code of the first error.',
      'kind',
      'operation',
      'path',
      'code',
    ),
    requestSeconds: new SeriesHistogram(register, {
      name: 'badges_request_duration_seconds',
      help: 'Time from the head of a GraphQL request to its answer.',
      bounds: DURATIONS,
    }),
    batchSize: new SeriesHistogram(register, {
      name: 'badges_request_batch_size',
      help: 'Representations or keys of a request that has any.',
      bounds: BATCHES,
    }).seriesOf({}),
    sources: counter(
      'request_sources',
      'Lists of providers that answers were made from, by the state in which they were shown.',
      'provider',
      'state',
    ),
    rejections: counter(
      'rejected_requests',
      'Requests that were rejected before their operation was read.',
      'code',
      'status',
    ),
    calls: counter(
      'provider_calls',
      'Attempts of calls to a provider, by outcome.',
      'provider',
      'operation',
      'outcome',
    ),
    callSeconds: new SeriesHistogram(register, {
      name: 'badges_provider_call_duration_seconds',
      help: 'Time of an attempt of a call to a provider, without its wait.',
      bounds: DURATIONS,
    }),
    waitSeconds: new SeriesHistogram(register, {
      name: 'badges_provider_call_wait_seconds',
      help: 'Time that an attempt waited for a free connection and for the rate limit.',
      bounds: DURATIONS,
    }),
    retries: counter(
      'provider_call_retries',
      'Attempts that repeat a failed one.',
      'provider',
      'operation',
    ),
    stopped: counter(
      'provider_calls_stopped',
      'Calls that were not sent: calls are paused, the rate limit is reached, or too many are in progress.',
      'provider',
      'reason',
    ),
    listReads: counter('provider_lists', 'Lists that were read from a provider.', 'provider'),
    droppedRecords: counter(
      'provider_dropped_records',
      'Records of read lists that were left out because they are unreadable.',
      'provider',
    ),
    unknownFields: counter(
      'provider_unknown_fields',
      'Fields of read lists that are not in the contract, each once a list.',
      'provider',
    ),
    listDrift: counter(
      'provider_list_drift',
      'Other deviations of read lists: records of another creator, records with a repeated ID, and values that are null because they are unreadable.',
      'provider',
      'kind',
    ),
    writes: counter(
      'writes',
      'Mutations, by outcome and the code of the first user error.',
      'provider',
      'operation',
      'outcome',
      'code',
    ),
    unrecordedWrites: counter(
      'unrecorded_writes',
      'Mutations that are missing from the audit log. The log has their records.',
    ),
  };
}

/** The label of a request or a mutation that has no error, and of an invalid one. */
const [OK, UNKNOWN] = ['OK', 'unknown'];
/** Fast answers are counted in so many documents before they are passed on. */
const MAX_PENDING = 500;

/** Counts in metrics. Fast answers are counted by document first, since a counter looks for its labels by text. */
export function createMetricsObserver(metrics: Metrics): Observer {
  const fast = new Map<OperationInfo, { answers: number }>();
  const shown = new Map<string, Record<SourceState, number>>();
  /** The providers whose lists were counted. */
  const listed = new Set<string>();
  const fastSeconds = metrics.requestSeconds.seriesOf({ kind: 'query', path: 'fast' });

  function countSize(size: number): void {
    if (size > 0) metrics.batchSize.observe(size);
  }
  function countSource(provider: string, state: SourceState): void {
    let counts = shown.get(provider);
    if (!counts) {
      counts = { FRESH: 0, CACHED: 0, STALE: 0, FAILED: 0 };
      shown.set(provider, counts);
    }
    counts[state] += 1;
  }
  function countFast(operation: OperationInfo): void {
    const counted = fast.get(operation);
    if (counted) {
      counted.answers += 1;
      return;
    }
    if (fast.size === MAX_PENDING) flush();
    fast.set(operation, { answers: 1 });
  }
  function count(operation: OperationInfo | undefined, codes: readonly string[]): void {
    const [code = OK] = codes;
    const [kind, label] = operation
      ? [operation.kind, metrics.labelOf(operation)]
      : [UNKNOWN, UNKNOWN];
    metrics.requests.inc({ kind, operation: label, path: 'full', code });
  }
  function flush(): void {
    for (const [operation, { answers }] of fast) {
      const { kind } = operation;
      const labels = { kind, operation: metrics.labelOf(operation), path: 'fast', code: OK };
      metrics.requests.inc(labels, answers);
    }
    for (const [provider, counts] of shown) {
      for (const [state, lists] of Object.entries(counts)) {
        if (lists > 0) metrics.sources.inc({ provider, state: state.toLowerCase() }, lists);
      }
    }
    fast.clear();
    shown.clear();
  }

  metrics.onReading(flush);
  return {
    requestAnsweredFast(request) {
      const { operation } = request;
      request.eachSource(countSource);
      countSize(request.batchSize);
      fastSeconds.observe(request.durationMs / 1_000);
      if (operation) countFast(operation);
    },
    requestEnded(request) {
      const { operation, codes, durationMs } = request;
      request.eachSource(countSource);
      countSize(request.batchSize);
      count(operation, codes);
      const kind = operation?.kind ?? UNKNOWN;
      metrics.requestSeconds.seriesOf({ kind, path: 'full' }).observe(durationMs / 1_000);
    },
    requestRejected({ code, status }) {
      metrics.rejections.inc({ code, status: String(status) });
    },
    attemptEnded(attempt, tenant) {
      const { operation, outcome, waitedMs } = attempt;
      const provider = attempt.provider.enumValue;
      metrics.noteCall(provider, tenant);
      metrics.waitSeconds.seriesOf({ provider }).observe(waitedMs / 1_000);
      if (!attempt.isStarted) {
        metrics.stopped.inc({ provider, reason: REASONS.get(outcome) ?? outcome });
        return;
      }
      metrics.calls.inc({ provider, operation, outcome });
      metrics.callSeconds.seriesOf({ provider, operation }).observe(attempt.durationMs / 1_000);
      if (attempt.attempt > 1) metrics.retries.inc({ provider, operation });
    },
    writeEnded({ provider = UNKNOWN, operation, outcome, code = OK }) {
      metrics.writes.inc({ provider, operation, outcome, code });
    },
    writeUnrecorded: () => metrics.unrecordedWrites.inc(),
    breakerChanged: ({ provider, calls, state }, tenant) =>
      metrics.noteBreaker({ tenant, provider, calls }, state),
    listRead(provider, { droppedRecords, unknownFields, ...list }) {
      // Every series begins with 0; later ones that find nothing need not be looked up.
      const isFirst = !listed.has(provider);
      listed.add(provider);
      metrics.listReads.inc({ provider });
      if (isFirst || droppedRecords > 0) metrics.droppedRecords.inc({ provider }, droppedRecords);
      if (isFirst || unknownFields.length > 0)
        metrics.unknownFields.inc({ provider }, unknownFields.length);
      for (const [kind, count] of Object.entries(driftIn(list))) {
        if (isFirst || count > 0) metrics.listDrift.inc({ provider, kind }, count);
      }
    },
  };
}

/** By the values of the label, which are the same for each list. */
function driftIn({
  foreignRecords = 0,
  duplicateRecords = 0,
  unreadableFields,
}: Pick<BadgeList, 'foreignRecords' | 'duplicateRecords' | 'unreadableFields'>) {
  const unreadable = Object.values(unreadableFields).reduce((sum, records) => sum + records, 0);
  return { foreign: foreignRecords, duplicate: duplicateRecords, unreadable };
}

/** Why a call was not sent, by the kind of its fault. */
const REASONS = new Map<AttemptEnded['outcome'], string>([
  ['unavailable', 'paused'],
  ['rate-limited', 'rate-limit'],
  ['timeout', 'busy'],
]);

interface HistogramOptions {
  /** As Prometheus shows it, without the endings of its series. */
  name: string;
  help: string;
  /** The upper bounds of the buckets, ascending. There is one more for greater values. */
  bounds: readonly number[];
}

/** Counts the values of one set of labels. */
interface Series {
  observe(value: number): void;
}

/**
 * A histogram of Prometheus. The library's finds its labels and its bucket by text each time, which took up to a tenth
 * of a warm read; here a caller may keep the series of its labels.
 */
export class SeriesHistogram {
  readonly #options: HistogramOptions;
  readonly #series = new Map<string, BucketSeries>();

  constructor(registry: Registry, options: HistogramOptions) {
    this.#options = options;
    // The type of a metric has more than a registry needs.
    const metric: unknown = { name: options.name, get: () => this.#read() };
    registry.registerMetric(metric as Metric);
  }

  /** The same for the same labels, in the same order. Shown from now on. */
  seriesOf(labels: Readonly<Record<string, string>>): Series {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? new BucketSeries(labels, this.#options.bounds);
    this.#series.set(key, series);
    return series;
  }

  #read() {
    const { name, help } = this.#options;
    const values = [...this.#series.values()].flatMap((series) => series.read(name));
    return { name, help, type: 'histogram', values };
  }
}

class BucketSeries implements Series {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #bounds: readonly number[];
  /** By bucket, the greatest values last. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = [...bounds, Infinity].map(() => 0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at += 1;
    (this.#counts[at] as number) += 1;
    this.#sum += value;
  }

  /** As Prometheus wants it: each bucket includes the smaller ones. */
  read(name: string) {
    const labels = this.#labels;
    let count = 0;
    const buckets = this.#counts.map((own, at) => {
      count += own;
      const le = this.#bounds[at] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
