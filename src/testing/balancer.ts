import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const CHECK_MS = 100;

/** What a balancer got for a request; the status is 0 if the connection failed. */
export interface Balanced {
  status: number;
  text: string;
  url: string;
}

/** Sends each request to one of several copies of the API, as a balancer does: to the copies that say that they are ready. */
export class Balancer {
  readonly #agent = new Agent({ keepAlive: true });
  #ready: string[] = [];
  #turn = 0;

  /** Asks the copies whether they are ready, again and again. @param copies the list, which may change meanwhile */
  async watch(copies: readonly string[], end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      const asked = copies.map(async (url) => ({ url, ...(await this.#send(url, 'GET', '/health/ready')) }));
      this.#ready = (await Promise.all(asked)).filter(({ status }) => status === 200).map(({ url }) => url);
      await sleep(CHECK_MS);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  isReady(url: string): boolean {
    return this.#ready.includes(url);
  }

  async send(method: string, path: string, body?: unknown): Promise<Balanced> {
    const url = this.#ready[(this.#turn += 1) % this.#ready.length] ?? '';
    return { url, ...(await this.#send(url, method, path, body)) };
  }

  async #send(url: string, method: string, path: string, body?: unknown) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length };
    try {
      const sent = request(url + path, { method, headers, agent: this.#agent });
      sent.end(text);
      const [response]: IncomingMessage[] = await once(sent, 'response');
      let content = '';
      for await (const piece of response?.setEncoding('utf8') ?? []) content += piece;
      return { status: response?.statusCode ?? 0, text: content };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }
}
