import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Document } from 'mongodb';

/** A command of the database that a request has waited for. */
export interface Waited {
  name: string;
  command: Document;
  milliseconds: number;
  /** When it ended, in milliseconds since 1970. */
  endedAt: number;
  /** Its error code, or the driver's name of its error, if it has failed. */
  failure?: string;
}

/**
 * What is known of one request wherever it is worked on: its ids, and what it makes the database do.
 * Commands of the database carry it as their comment: the driver tells of a command with the object that it was given, and the
 * database gets the ids, so that its own log names the request. AsyncLocalStorage would need no comment, but it makes each
 * request take an eighth longer on Node 20.
 */
export class Trace {
  /** `X-Request-Id` of the request, or a new one. */
  readonly requestId: string;
  readonly traceId: string;
  /** Names the work of this server for the request. */
  readonly spanId: string;
  /** Names the work of the client that sent the request, if it says so. */
  readonly parentId: string | undefined;
  /** `01`: the client keeps the trace. */
  flags: string;
  /** The commands that it has waited for, those that it has shared with other requests among them. */
  commands = 0;
  databaseMs = 0;
  slowest: Waited | undefined;
  /** All of them, up to a bound, where somebody wants to know them. */
  record: Waited[] | undefined;
  /** Whether its body or its answer may take as long as its client wants. */
  isStream = false;
  /** The names of the parameters that it was accepted with. */
  parameters: string[] = [];

  constructor({ 'x-request-id': given, traceparent }: IncomingHttpHeaders = {}) {
    const own = randomUUID();
    const [, traceId, parentId, flags = '00'] = parse(traceparent) ?? [];
    this.requestId = typeof given === 'string' && /^[\w.:@/+=-]{1,128}$/.test(given) ? given : own;
    this.traceId = traceId ?? own.replaceAll('-', '');
    this.spanId = spanId();
    this.parentId = parentId;
    this.flags = flags;
  }

  /** As the header of W3C Trace Context names it. */
  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.flags}`;
  }

  /** Whether its client keeps the trace, or this server does. */
  get isSampled(): boolean {
    return this.flags !== '00' && (parseInt(this.flags, 16) & 1) === 1;
  }

  /** Has the trace kept. */
  sample(): void {
    this.flags = '01';
  }

  /** The headers of the answer by which its client can name the request. */
  get headers(): Record<string, string> {
    return { 'x-request-id': this.requestId, traceparent: this.traceparent };
  }

  /** The comment of its commands, as the database gets it. */
  toBSON(): string {
    return this.traceparent;
  }

  /** Takes note of the names of those parameters that the target has. All of them are names of the API. @returns the parameters */
  accept<Parameters extends object>(parameters: Parameters, target: string): Parameters {
    if (target.includes('?')) this.parameters = Object.keys(parameters).filter((name) => target.includes(name));
    return parameters;
  }

  /** Takes note of a command that the request has waited for. */
  waited(waited: Waited): void {
    const { milliseconds } = waited;
    this.commands += 1;
    this.databaseMs += milliseconds;
    if (milliseconds > (this.slowest?.milliseconds ?? 0)) this.slowest = waited;
    if (this.record && this.record.length < MOST_RECORDED) this.record.push(waited);
  }
}

/** The collection that a command is about, if it is about one. */
export function collectionOf({ name, command }: Pick<Waited, 'name' | 'command'>): string | undefined {
  const collection: unknown = command[name] ?? command['collection'];
  return typeof collection === 'string' ? collection : undefined;
}

/** An import may make thousands. */
const MOST_RECORDED = 100;

/** A new id of work. */
export function spanId(): string {
  const random = randomUUID();
  return random.slice(24) + random.slice(0, 4);
}

/** W3C Trace Context, section 3.2.2. Later versions may have more behind the flags. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?=$|-)/;
function parse(traceparent: unknown): RegExpExecArray | null {
  const parts = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  return parts?.[0].startsWith('00') && parts.input.length > parts[0].length ? null : parts;
}

/** The comment of a command that several requests share. */
export class SharedTrace {
  readonly traces: readonly Charged[];

  constructor(traces: readonly Charged[]) {
    this.traces = traces;
  }

  toBSON(): string | undefined {
    return this.traces[0]?.toBSON();
  }

  waited(waited: Waited): void {
    for (const trace of this.traces) trace.waited(waited);
  }
}

/** What a command is charged to. */
export type Charged = Trace | SharedTrace;

/** The comment of a command of several requests, some of which may have no trace. */
export function sharedBy(traces: readonly (Charged | undefined)[]): Charged | undefined {
  const known = traces.filter((trace) => trace !== undefined);
  return known.length > 1 ? new SharedTrace(known) : known[0];
}

const traces = new WeakMap<IncomingMessage, Trace>();

/** The trace of a request. */
export function traceOf(request: IncomingMessage): Trace {
  let trace = traces.get(request);
  if (!trace) traces.set(request, (trace = new Trace(request.headers)));
  return trace;
}

/** A request as the log names it. What clients choose, such as ids and the values of parameters, stays out of the log. */
export function described(request: IncomingMessage & { route?: { path?: unknown } }): Record<string, string> {
  const path = request.route?.path;
  return {
    requestId: traceOf(request).requestId,
    traceId: traceOf(request).traceId,
    method: request.method ?? '',
    ...(typeof path === 'string' && { route: path }),
  };
}
