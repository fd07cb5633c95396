import { once, setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What clients ask for, in turn. */
export interface Asked {
  method: string;
  path: string;
  body?: string;
}

/** What became of the requests of a crowd. */
export interface Outcome {
  connections: number;
  /** Answers of 200 and more, below 300, per second. */
  goodput: number;
  /** Of those answers. */
  p99Ms: number;
  /** 503s that say that nothing was done. */
  refused: number;
  /** 503s that say that a change may have been made. */
  unknown: number;
  /** Other failures. */
  failed: number;
  /** Answers to the question whether the server is healthy, and how many of them were 200. */
  health: { asked: number; healthy: number };
  created: number;
}

const HEALTH_MS = 100;

/**
 * Sends requests on many connections at once, each as soon as the one before is answered.
 * @param next makes the next request
 * @param isImpatient whether a client that is refused comes again at once; else it waits for the seconds of Retry-After
 */
export async function crowd(
  url: string,
  next: () => Asked,
  { connections, seconds, isImpatient }: { connections: number; seconds: number; isImpatient: boolean },
): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const healthAgent = new Agent({ keepAlive: true });
  const outcome = { connections, goodput: 0, p99Ms: NaN, refused: 0, unknown: 0, failed: 0, created: 0 };
  const health = { asked: 0, healthy: 0 };
  const times: number[] = [];
  const end = new AbortController();
  setMaxListeners(connections + 1, end.signal);
  const client = async () => {
    while (!end.signal.aborted) {
      const asked = next();
      const begunAt = performance.now();
      const { status, retryAfter, text } = await ask(agent, url, asked);
      if (status >= 200 && status < 300) times.push(performance.now() - begunAt);
      else if (status === 503 && text.includes('Nothing was')) outcome.refused += 1;
      else if (status === 503 && text.includes('may have been made')) outcome.unknown += 1;
      else outcome.failed += 1;
      if (status === 201) outcome.created += 1;
      if (retryAfter > 0 && !isImpatient)
        await sleep(retryAfter * 1000, undefined, { signal: end.signal }).catch(() => {});
    }
  };
  const watchHealth = async () => {
    while (!end.signal.aborted) {
      const { status } = await ask(healthAgent, url, { method: 'GET', path: '/health' });
      health.asked += 1;
      if (status === 200) health.healthy += 1;
      await sleep(HEALTH_MS, undefined, { signal: end.signal }).catch(() => {});
    }
  };
  const working = [...Array.from({ length: connections }, client), watchHealth()];
  const begunAt = performance.now();
  await sleep(seconds * 1000);
  end.abort();
  await Promise.all(working);
  const tookS = (performance.now() - begunAt) / 1000;
  agent.destroy();
  healthAgent.destroy();
  times.sort((left, right) => left - right);
  const p99Ms = times[Math.ceil(times.length * 0.99) - 1] ?? NaN;
  return { ...outcome, goodput: times.length / tookS, p99Ms, health };
}

async function ask(agent: Agent, url: string, { method, path, body }: Asked) {
  const headers =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const asking = request(url + path, { method, agent, headers });
  try {
    asking.end(body);
    const [response] = await once(asking, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: Number(response.statusCode), retryAfter: Number(response.headers['retry-after'] ?? 0), text };
  } catch {
    return { status: 0, retryAfter: 0, text: '' };
  }
}
