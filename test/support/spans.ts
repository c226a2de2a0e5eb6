import {
  type Attributes,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
} from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type NodeTracerConfig,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** A span with the spans that it is the parent of, in the order of their starts. */
export interface SpanTree {
  name: string;
  kind: string;
  traceId: string;
  /** The span of the caller, or the parent's. Undefined: it is a root. */
  parentId: string | undefined;
  attributes: Attributes;
  isError: boolean;
  children: SpanTree[];
}

export interface RecordedSpans {
  /** The spans that have ended, below those whose parents are elsewhere. */
  trees(): SpanTree[];
  /** All that would be exported, as text. */
  text(): string;
  reset(): void;
  /** Services that start after this are not traced. */
  close(): Promise<void>;
}

/** Registers an SDK for this test file. Services that start after this are traced. */
export function recordSpans(config: NodeTracerConfig = {}): RecordedSpans {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    ...config,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.register();
  return {
    trees() {
      const spans = exporter.getFinishedSpans();
      const ids = new Set(spans.map((span) => span.spanContext().spanId));
      return spans
        .filter(({ parentSpanContext }) => !ids.has(parentSpanContext?.spanId ?? ''))
        .map((span) => toTree(span, spans));
    },
    text: () => exporter.getFinishedSpans().map(toText).join('\n'),
    reset: () => exporter.reset(),
    async close() {
      [trace, context, propagation].forEach((api) => api.disable());
      await provider.shutdown();
    },
  };
}

function toTree(span: ReadableSpan, spans: readonly ReadableSpan[]): SpanTree {
  const { traceId, spanId } = span.spanContext();
  const children = spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId)
    .toSorted((one, other) => millisecondsOf(one) - millisecondsOf(other));
  return {
    name: span.name,
    kind: SpanKind[span.kind],
    traceId,
    parentId: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    isError: span.status.code === SpanStatusCode.ERROR,
    children: children.map((child) => toTree(child, spans)),
  };
}

function millisecondsOf({ startTime: [seconds, nanoseconds] }: ReadableSpan): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

function toText({ name, attributes, status, events, links, parentSpanContext }: ReadableSpan) {
  const { traceState } = parentSpanContext ?? {};
  const state = traceState?.serialize();
  return JSON.stringify({ name, attributes, status, events, links, state });
}
