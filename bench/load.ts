import autocannon, { type Client, type Request } from 'autocannon';
import { OperatorError } from '../src/operator-error.ts';

/** The requests, their number, and the server that they are sent to. */
interface Load {
  /** What is asked, for the message when it fails. */
  name: string;
  url: string;
  ids: readonly string[];
  /** The requests about a document. */
  requests: (id: string) => Request[];
  /** The status that every answer must have. */
  status: number;
  connections: number;
  seconds: number;
  /** Most requests per second; without it as many as are answered. */
  rate?: number;
  signal: AbortSignal;
  /** Ends it before its time. */
  end?: AbortSignal;
}

const IDS_PER_CONNECTION = 50;

/** Sends requests from this process, which should do nothing else meanwhile. @throws {OperatorError} if one fails */
export async function load({ name, url, ids, requests, status, connections, seconds, rate, signal, end }: Load) {
  signal.throwIfAborted();
  const step = Math.max(1, Math.floor(ids.length / (connections * IDS_PER_CONNECTION)));
  let connection = 0;
  // Each connection uses documents of its own. Two that change one document at once would measure the locks of the database.
  const setupClient = (client: Client) => {
    const ownIds = Array.from(
      { length: IDS_PER_CONNECTION },
      (_, turn) => ids[(turn * connections + connection) * step],
    );
    connection += 1;
    const known = ownIds.filter((id) => id !== undefined);
    // The client sends them again and again. A document gets another change each time, so that each one changes something.
    client.setRequests([...known, ...known].flatMap(requests));
  };
  const stopping = AbortSignal.any(end ? [signal, end] : [signal]);
  const times: number[] = [];
  const { errors, statusCodeStats, latency, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const limits = { connections, duration: seconds, bailout: 1, ...(rate !== undefined && { overallRate: rate }) };
    const instance = autocannon({ url, setupClient, ...limits }, (error, done) =>
      error ? reject(error) : resolve(done),
    );
    instance.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
    const stop = () => instance.stop();
    stopping.addEventListener('abort', stop);
    instance.on('done', () => stopping.removeEventListener('abort', stop));
  });
  signal.throwIfAborted();
  const counts: Readonly<Record<string, { count?: number } | undefined>> = statusCodeStats ?? {};
  const succeeded = counts[status]?.count ?? 0;
  if (errors > 0 || succeeded === 0 || Object.keys(counts).length > 1)
    throw new OperatorError(
      `${name}: answered with ${JSON.stringify(statusCodeStats)}, and ${errors} requests got no answer.`,
    );
  times.sort((left, right) => left - right);
  const percentile = (percent: number) => times[Math.ceil((times.length * percent) / 100) - 1] ?? NaN;
  return {
    answers: succeeded,
    requestsPerSecond: succeeded / duration,
    p50Ms: percentile(50),
    p99Ms: percentile(99),
    /** With a rate: as if no request had been sent late because another one was answered late. */
    correctedP99Ms: latency.p99,
  };
}
