/**
 * Spans, by the semantic conventions of OpenTelemetry: one for each request to the graph, one for its operation, and one
 * for each attempt of a call to a provider. The SDK that records them is loaded from outside, by `--import`.
 *
 * Promises: no span contains a document, a variable, a header, or text of a provider. Without an SDK nothing here runs.
 */
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from 'node:http';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  context,
  propagation,
  trace,
} from '@opentelemetry/api';
import type { AttemptEnded } from '../http/provider-http.ts';
import { type Observer, type RequestEnded, combineObservers } from './observer.ts';

export interface Tracing {
  /** Starts a span for each request to the graph, as a child of the caller's, before anything else handles it. */
  before(full: RequestListener): RequestListener;
  /**
   * Runs the operation of a request in a span of its own. Attempts that end meanwhile become its children, and the end
   * of the request describes it.
   */
  runOperation<T>(request: IncomingMessage, run: () => Promise<T>): Promise<T>;
  /** Tells the same observer, within the span of a request, and then describes spans by what it was told. */
  observe(observer: Observer): Observer;
}

/** Undefined if no SDK is registered. */
export function createTracing(): Tracing | undefined {
  const tracer = trace.getTracer('badges-subgraph');
  // Without an SDK, the API's spans have no ID.
  const hasSdk = trace.isSpanContextValid(tracer.startSpan('probe').spanContext());
  return hasSdk ? createSpans(tracer) : undefined;
}

/** Nothing is recorded below this: a trace is recorded as a whole or not at all. No ratio samples its ID. */
const NOT_RECORDED_SPAN = {
  traceId: `${'f'.repeat(8)}${'0'.repeat(24)}`,
  spanId: 'f'.repeat(16),
  traceFlags: TraceFlags.NONE,
  isRemote: true,
};
const NOT_RECORDED = trace.setSpanContext(ROOT_CONTEXT, NOT_RECORDED_SPAN);

function createSpans(tracer: Tracer): Tracing {
  const parentFields = propagation.fields().map((name) => name.toLowerCase());
  /** The contexts of requests whose spans are recorded. Each contains the span of its request. */
  const contexts = new WeakMap<IncomingMessage, Context>();

  function startRequest(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { headers } = request;
    const hasParent = parentFields.some((name) => headers[name] !== undefined);
    const parent = hasParent ? propagation.extract(ROOT_CONTEXT, headers) : ROOT_CONTEXT;
    const method = KNOWN_METHODS.has(request.method ?? '') ? request.method : OTHER;
    const name = `${method === OTHER ? 'HTTP' : method} ${ROUTE}`;
    const attributes = {
      'http.request.method': method,
      'http.route': ROUTE,
      'url.path': path,
      'url.scheme': 'http',
    };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    if (!span.isRecording()) return;
    contexts.set(request, trace.setSpan(parent, span));
    response.once('close', () => endRequest(span, response));
  }

  const isCallersChoice = followsCallers(tracer);
  return {
    before: (full) => (request, response) => {
      const path = toPath(request.url);
      const isLeftOut = isCallersChoice && isNotSampled(request.headers);
      if (!isLeftOut && PATHS.has(path)) startRequest(request, response, path);
      full(request, response);
    },
    async runOperation(request, run) {
      const parent = contexts.get(request);
      if (!parent) return context.with(NOT_RECORDED, run);
      const span = tracer.startSpan(OPERATION, { kind: SpanKind.SERVER }, parent);
      try {
        return await context.with(trace.setSpan(parent, span), run);
      } catch (error) {
        setError(span, 'INTERNAL_SERVER_ERROR');
        throw error;
      } finally {
        span.end();
      }
    },
    observe({ requestAnsweredFast: tell, ...others }) {
      const own: Observer = {
        requestEnded(ended) {
          const span = trace.getActiveSpan();
          if (span?.isRecording()) describeOperation(span, ended);
        },
        requestAnsweredFast(ended, message) {
          const parent = contexts.get(message);
          if (!parent) return tell?.(ended, message);
          // No operation ran, whose span would be the active one.
          if (tell) context.with(parent, tell, undefined, ended, message);
          addOperation(tracer, ended, parent);
        },
        attemptEnded(ended, tenant) {
          if (ended.isStarted) addAttempt(tracer, ended, tenant);
        },
      };
      return combineObservers([others, own]);
    },
  };
}

/** Whether a trace is never recorded if the caller's `traceparent` says that it is not: most SDKs are set so. */
function followsCallers(tracer: Tracer): boolean {
  if (!propagation.fields().includes('traceparent')) return false;
  // Every sampling ratio but zero includes this ID.
  const caller = { ...NOT_RECORDED_SPAN, traceId: 'f'.repeat(32) };
  return !tracer.startSpan('probe', {}, trace.setSpanContext(ROOT_CONTEXT, caller)).isRecording();
}

/** The last bit of the flags is off. Asking the SDK would take twenty times as long. */
const NOT_SAMPLED = /^00-[\da-f]{32}-[\da-f]{16}-[\da-f][02468ace]$/;

function isNotSampled({ traceparent }: IncomingHttpHeaders): boolean {
  return typeof traceparent === 'string' && NOT_SAMPLED.test(traceparent);
}

function toPath(url = ''): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** The name of the span until its type is known. */
const OPERATION = 'GraphQL Operation';
const ROUTE = '/graphql';
const PATHS = new Set(['/graphql', '/graphql/']);
/** Other methods can be any text of the client. */
const KNOWN_METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
]);
const OTHER = '_OTHER';

function endRequest(span: Span, response: ServerResponse): void {
  const { req: request, statusCode, headersSent, writableFinished } = response;
  span.setAttributes({
    ...toServerAddress(request.headers.host),
    'network.protocol.version': request.httpVersion,
    ...(headersSent && { 'http.response.status_code': statusCode }),
  });
  if (!writableFinished) setError(span, 'disconnected');
  else if (statusCode >= 500) setError(span, String(statusCode));
  span.end();
}

/** A host name, an IPv4 address, or an IPv6 address in brackets; and a port. */
const HOST = /^([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i;

function toServerAddress(host = ''): Attributes {
  const [, address, port] = HOST.exec(host) ?? [];
  return {
    ...(address !== undefined && { 'server.address': address.replace(/^\[|\]$/g, '') }),
    ...(port !== undefined && { 'server.port': Number(port) }),
  };
}

/** Clients choose the name, so it is not part of the name of the span. */
function describeOperation(span: Span, { operation, tenant, codes, writes }: RequestEnded): void {
  span.setAttribute('badges.tenant', tenant);
  if (operation) {
    const { kind, name } = operation;
    span.updateName(kind).setAttribute('graphql.operation.type', kind);
    if (name !== undefined) span.setAttribute('graphql.operation.name', name);
  }
  const code = [...codes, ...writes.map((write) => write.code)].find((each) => each !== undefined);
  if (code !== undefined) setError(span, code);
}

/** The fast path calls no provider, so the span is made when the operation is over. */
function addOperation(tracer: Tracer, ended: RequestEnded, parent: Context): void {
  const endedAt = Date.now();
  const startTime = endedAt - ended.durationMs;
  const span = tracer.startSpan(OPERATION, { kind: SpanKind.SERVER, startTime }, parent);
  describeOperation(span, ended);
  span.end(endedAt);
}

/** The span is made when the attempt is over, since nothing else becomes its child. */
function addAttempt(tracer: Tracer, ended: AttemptEnded, tenant: string): void {
  const endedAt = Date.now();
  const { method, url, status, outcome, attempt } = ended;
  const { hostname, port, protocol } = new URL(url);
  const span = tracer.startSpan(method, {
    kind: SpanKind.CLIENT,
    startTime: endedAt - ended.durationMs,
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
      'url.full': url,
      ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
      ...(status !== undefined && { 'http.response.status_code': status }),
      'badges.tenant': tenant,
      'badges.provider': ended.provider.enumValue,
      'badges.call': ended.operation,
      'badges.wait_ms': Math.round(ended.waitedMs),
    },
  });
  if (status !== undefined && status >= 400) setError(span, String(status));
  else if (outcome !== 'ok') setError(span, outcome);
  span.end(endedAt);
}

/** `type` is a code of ours or a status, never the text of an error. */
function setError(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Exports all spans that have ended, if the registered SDK can. Rejects if that fails. */
export async function flushSpans(): Promise<void> {
  const provider: object = trace.getTracerProvider();
  const registered = isProxy(provider) ? provider.getDelegate() : provider;
  if (isFlushable(registered)) await registered.forceFlush();
}

/** The API wraps the SDK's provider. The wrapper may be of another copy of the API. */
function isProxy(provider: object): provider is { getDelegate(): object } {
  return 'getDelegate' in provider && typeof provider.getDelegate === 'function';
}

function isFlushable(provider: object): provider is { forceFlush(): Promise<void> } {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function';
}
