import { bytesOf, Connection } from './connection.js';

/** Enough to keep both sides busy. With more, on a slow machine, requests would wait so long for each other that the server gives up. */
const CONNECTIONS = 12;
const SHOWN = 300;

/** Sends one request for each place and payload in turn, over some connections at once. */
export class Mass {
  sent = 0;
  slowestMs = 0;
  /** How often each status was answered. */
  statuses = {};
  #places;
  #payloads;
  #options;
  #connections;

  /**
   * @param {import('./places.js').Attacked[]} operations
   * @param {import('./payloads.js').Payload[]} payloads
   * @param {{
   *   port: number,
   *   subjects: import('./subjects.js').Subjects,
   *   check: (answer: import('./connection.js').Answer, tookMs: number) => string | undefined,
   *   findings: import('./checks.js').Findings,
   * }} options
   */
  constructor(operations, payloads, options) {
    this.#places = operations.flatMap(({ places, ...operation }) =>
      places.map((place) => ({ ...operation, ...place })),
    );
    this.#payloads = payloads;
    this.#options = options;
    this.#connections = Array.from({ length: CONNECTIONS }, () => new Connection(options.port));
  }

  get places() {
    return this.#places.length;
  }

  /** Sends until so many are sent in all, or until a time of `performance.now()`. */
  async sendUntil(total, endMs) {
    const send = async (connection) => {
      while (this.sent < total && performance.now() < endMs) await this.#sendNext(connection);
    };
    await Promise.all(this.#connections.map(send));
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }

  async #sendNext(connection) {
    const turn = this.sent++;
    const { subjects, findings } = this.#options;
    const place = turn % this.#places.length;
    const round = Math.floor(turn / this.#places.length);
    // Each place begins elsewhere in the payloads, so that those of one round differ.
    const payload = this.#payloads[(round + place * 37) % this.#payloads.length];
    const { method, path, name, fill } = this.#places[place];
    const message = fill(payload, subjects.pathOf(method, path, turn));
    const flaw = await this.#flawOf(connection, bytesOf(message, { Authorization: `Bearer ${subjects.key}` }));
    if (flaw) findings.add(`${method.toUpperCase()} ${path}, ${name}`, `${payload.json.slice(0, SHOWN)}: ${flaw}`);
  }

  /** @returns {Promise<string | undefined>} what is wrong with the answer */
  async #flawOf(connection, bytes) {
    const begin = performance.now();
    try {
      const answer = await connection.ask(bytes);
      const tookMs = performance.now() - begin;
      this.slowestMs = Math.max(this.slowestMs, tookMs);
      this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
      const flaw = this.#options.check(answer, tookMs);
      return flaw && `${flaw}: ${answer.body.slice(0, SHOWN)}`;
    } catch (error) {
      return error.message;
    }
  }
}
