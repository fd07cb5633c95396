import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { callerOf, collectionOf, described, spanId, traceOf, type Waited } from '../rest/index.ts';
import type { Counts } from '../telemetry/index.ts';

/** Sends traces to a collector. */
interface Tracer extends Pick<Counts, 'requestBegun' | 'requestEnded'> {
  /** Sends what is left. */
  close: () => Promise<void>;
}

const SAMPLED = 1;
const SCOPE = { name: 'spaceship-engines' };

/**
 * Makes a tracer that sends a span of each request, and one of each command of the database that it waited for, by OTLP.
 * It makes the spans when a request has ended, of what its trace knows by then. The packages that instrument other packages would
 * have to change modules while Node loads them, need AsyncLocalStorage, and cannot tell that requests share a command.
 * @param endpoint of the collector, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it
 * @param ratio the part of the traces that are kept, of those whose clients have not decided
 */
export function openTracer(endpoint: string, ratio: number): Tracer {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const processor = new BatchSpanProcessor({ exporter });
  const named = resourceFromAttributes({ 'service.name': SCOPE.name });
  const resource = named.merge(detectResources({ detectors: [envDetector] }));
  const send = (span: Sent) => processor.onEnd({ ...EMPTY, ...timesOf(span), ...span, resource });
  return {
    requestBegun(request) {
      const trace = traceOf(request);
      if (trace.parentId === undefined && isKept(trace.traceId, ratio)) trace.sample();
      if (trace.isSampled) trace.record = [];
    },
    requestEnded(request, response, milliseconds) {
      const trace = traceOf(request);
      if (!trace.record) return;
      const { traceId, spanId: id, parentId, record, requestId } = trace;
      const endedAt = Date.now();
      const { method = '', route } = described(request);
      const { statusCode } = response;
      const { caller } = callerOf(Object(response));
      const context = { traceId, traceFlags: SAMPLED };
      send({
        name: route === undefined ? method : `${method} ${route}`,
        kind: SpanKind.SERVER,
        spanContext: () => ({ ...context, spanId: id }),
        ...(parentId !== undefined && { parentSpanContext: { ...context, spanId: parentId, isRemote: true } }),
        startedAt: endedAt - milliseconds,
        endedAt,
        status: { code: statusCode >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
        attributes: {
          'http.request.method': method,
          ...(route !== undefined && { 'http.route': route }),
          'http.response.status_code': statusCode,
          'http.request.header.x-request-id': [requestId],
          ...(caller !== undefined && { 'user.id': caller }),
          ...(statusCode >= 500 && { 'error.type': String(statusCode) }),
        },
      });
      for (const waited of record) {
        const own = spanId();
        const spanContext = () => ({ ...context, spanId: own });
        send({ ...spanOf(waited), spanContext, parentSpanContext: { ...context, spanId: id } });
      }
    },
    close: () => processor.shutdown(),
  };
}

/** A span, with its times in milliseconds. */
type Sent = Pick<ReadableSpan, 'name' | 'kind' | 'spanContext' | 'parentSpanContext' | 'status' | 'attributes'> & {
  startedAt: number;
  endedAt: number;
};

const EMPTY = {
  links: [],
  events: [],
  ended: true,
  instrumentationScope: SCOPE,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

/** A command as OpenTelemetry's semantic conventions describe it. Its text is left out: it has the values of documents. */
function spanOf({ name, command, milliseconds, endedAt, failure }: Waited) {
  const namespace: unknown = command['$db'];
  const target = collectionOf({ name, command });
  return {
    name: target === undefined ? name : `${name} ${target}`,
    kind: SpanKind.CLIENT,
    startedAt: endedAt - milliseconds,
    endedAt,
    status: { code: failure ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: {
      'db.system.name': 'mongodb',
      'db.operation.name': name,
      ...(target !== undefined && { 'db.collection.name': target }),
      ...(typeof namespace === 'string' && { 'db.namespace': namespace }),
      ...(failure !== undefined && { 'error.type': failure }),
    },
  };
}

const timesOf = ({ startedAt, endedAt }: Sent) => ({
  startTime: timeOf(startedAt),
  endTime: timeOf(endedAt),
  duration: timeOf(endedAt - startedAt),
});

/** Seconds and nanoseconds. */
const timeOf = (milliseconds: number): [number, number] => [
  Math.floor(milliseconds / 1000),
  Math.round((milliseconds % 1000) * 1e6),
];

/** Each copy of the API keeps the same traces, because their ids decide. */
const isKept = (traceId: string, ratio: number): boolean =>
  ratio >= 1 || (ratio > 0 && parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32);
