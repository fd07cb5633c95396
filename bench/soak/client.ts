import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Knowledge, Ledger, Write } from './ledger.ts';

interface Answer {
  /** 0 if there was none. */
  status: number;
  text: string;
  etag: string;
}

const TIMEOUT_MS = 5000;
const PAUSE_MS = 200;
/** How long a client goes on with what it has begun when the load ends. */
const LAST_TRIES = 100;

/** One that writes to engines of its own, one request after the other, through any copy of the API, until it is told to end. */
export class SoakClient {
  readonly #urls: readonly string[];
  readonly #ledger: Ledger;
  readonly #random: RandomGenerator;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** The ids of its engines, as far as it knows that they exist. */
  readonly #ids: string[] = [];

  constructor(urls: readonly string[], ledger: Ledger, random: RandomGenerator) {
    this.#urls = urls;
    this.#ledger = ledger;
    this.#random = random;
  }

  async run(end: AbortSignal): Promise<void> {
    while (!end.aborted) await this.#step();
    this.#agent.destroy();
  }

  async #step(): Promise<void> {
    const id = this.#ids[this.#below(this.#ids.length)];
    const choice = id === undefined ? 0 : this.#below(10);
    if (id === undefined || choice < 2) await this.#create();
    else if (choice < 4) await this.#change(id, 'PATCH', 'application/merge-patch+json', (thrust) => ({ thrust }));
    else if (choice < 5) await this.#change(id, 'PUT', 'application/json', (thrust) => ({ title: 'Replaced', thrust }));
    else if (choice < 6) await this.#patchInState(id);
    else if (choice < 7) await this.#remove(id);
    else await this.#read(id, choice);
  }

  async #create(): Promise<void> {
    const thrust = this.#ledger.nextThrust();
    const body = { title: `Engine ${thrust}`, thrust };
    const { answer, knowledge } = await this.#write('POST', '/engines', 'application/json', body);
    const id: unknown = answer.status === 201 ? JSON.parse(answer.text).id : undefined;
    if (typeof id === 'string') this.#ids.push(id);
    this.#note({ kind: 'set', id: typeof id === 'string' ? id : undefined, thrust, knowledge });
  }

  async #change(id: string, method: string, type: string, make: (thrust: number) => unknown, etag = ''): Promise<void> {
    const thrust = this.#ledger.nextThrust();
    const { knowledge } = await this.#write(method, `/engines/${id}`, type, make(thrust), etag);
    this.#note({ kind: 'set', id, thrust, knowledge });
  }

  async #patchInState(id: string): Promise<void> {
    const { status, etag } = await this.#send('GET', `/engines/${id}`);
    if (status !== 200) return;
    const patch = (value: number) => [{ op: 'add', path: '/thrust', value }];
    await this.#change(id, 'PATCH', 'application/json-patch+json', patch, etag);
  }

  async #remove(id: string): Promise<void> {
    const { knowledge } = await this.#write('DELETE', `/engines/${id}`);
    // Whatever came of it, this engine is left alone from now on.
    if (knowledge !== 'refused') this.#ids.splice(this.#ids.indexOf(id), 1);
    this.#note({ kind: 'remove', id, thrust: 0, knowledge });
  }

  async #read(id: string, choice: number): Promise<void> {
    const paths = [`/engines/${id}`, '/engines?limit=20&sort=-thrust', `/engines/${id}/history`];
    await this.#send('GET', paths[choice % paths.length] ?? '');
    this.#ledger.reads += 1;
  }

  /** Half of the writes that may have an Idempotency-Key have one: those are sent again until their outcome is known. */
  async #write(method: string, path: string, type?: string, body?: unknown, etag = '') {
    const takesKey = method === 'POST' || method === 'PATCH';
    const key = takesKey && this.#below(2) === 0 ? randomUUID() : undefined;
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(etag !== '' && { 'if-match': etag }),
    };
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#send(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
      if (key === undefined) return { answer, knowledge: knowledgeOf(answer) };
      // What one attempt says does not hold for those before it, unless it is an answer that is kept.
      const isKept = answer.status >= 200 && answer.status < 500 && answer.status !== 409;
      if (isKept) return { answer, knowledge: knowledgeOf(answer) };
      if (tries === LAST_TRIES) return { answer, knowledge: 'unknown' as const };
      this.#ledger.repeated += 1;
      await sleep(PAUSE_MS);
    }
  }

  async #send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    const url = this.#urls[this.#below(this.#urls.length)] ?? '';
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(url + path, { method, headers: { ...headers, ...length }, agent: this.#agent, signal });
    try {
      sent.end(body);
      const [response]: IncomingMessage[] = await Promise.race([once(sent, 'response'), failureOf(sent)]);
      if (!response) throw new Error('no answer');
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      const status = response.statusCode ?? 0;
      if (status === 503) await sleep(PAUSE_MS);
      return { status, text, etag: response.headers.etag ?? '' };
    } catch {
      await sleep(PAUSE_MS);
      return { status: 0, text: '', etag: '' };
    }
  }

  #below(count: number): number {
    return count === 0 ? 0 : uniformInt(this.#random, 0, count - 1);
  }

  #note(write: Write): void {
    this.#ledger.note(write);
  }
}

/** An answer that breaks off is an error too, behind its head. */
const failureOf = async (sent: ReturnType<typeof request>): Promise<never> => {
  const [error]: Error[] = await once(sent, 'error');
  throw error ?? new Error('no answer');
};

function knowledgeOf({ status, text }: Answer): Knowledge {
  if (status >= 200 && status < 300) return 'done';
  if (status >= 400 && status < 500) return 'refused';
  return status === 503 && /Nothing was (done|changed)|changed nothing/.test(text) ? 'refused' : 'unknown';
}
