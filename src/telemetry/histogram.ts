import type { Metric, Registry } from 'prom-client';

interface HistogramOptions {
  /** As Prometheus shows it, without the endings of its series. */
  name: string;
  help: string;
  /** The upper bounds of the buckets, ascending. There is one more for greater values. */
  bounds: readonly number[];
}

/** Counts the values of one set of labels. */
export interface Series {
  observe(value: number): void;
}

/**
 * A histogram of Prometheus for what every request is counted in. The library's finds its labels and its bucket by text
 * each time, which took up to a tenth of a warm read; here a caller keeps the series of its labels.
 */
export class RequestHistogram {
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
