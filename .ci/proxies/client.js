import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

/** Sends requests to a proxy or to the API as they are given: Node's client changes neither targets nor headers. */
export class Client {
  constructor({ port, key, certificate }) {
    const tls = certificate && { ca: readFileSync(certificate), servername: NAME };
    this.options = { host: '127.0.0.1', port, ...tls };
    this.protocol = certificate ? https : http;
    this.key = key;
  }

  /** Begins a request. The caller sends its body and ends it. */
  begin(method, path, headers = {}, options = {}) {
    const all = { host: NAME, authorization: `Bearer ${this.key}`, ...headers };
    const request = this.protocol.request({ ...this.options, agent: false, method, path, headers: all, ...options });
    const silence = new Error(`${method} ${path.slice(0, 100)}: nothing came for ${PATIENCE_MS / 1000} s`);
    request.setTimeout(PATIENCE_MS, () => request.destroy(silence));
    return request.on('error', () => {}); // whoever waits for something hears of it
  }

  /** Sends a request, and reads its answer whole. @throws if the answer is broken off */
  async ask(method, path, { headers, body, ...options } = {}) {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = this.begin(method, path, { ...length, ...headers }, options);
    request.end(body);
    return read(request);
  }

  async json(method, path, value, headers = {}) {
    const body = JSON.stringify(value);
    return this.ask(method, path, { headers: { 'content-type': 'application/json', ...headers }, body });
  }
}

/** Reads the answer to a request. */
export async function read(request) {
  const [response] = await once(request, 'response');
  const chunks = await response.toArray();
  const body = Buffer.concat(chunks);
  const text = String(body);
  const isJson = /\/(problem\+)?json/.test(response.headers['content-type']);
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    text,
    value: isJson ? JSON.parse(text || 'null') : undefined,
  };
}

export const NAME = 'engines.example.com';
const PATIENCE_MS = 60_000;
