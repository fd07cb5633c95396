import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LATEST_MS } from './connection.js';

const MOST_SHOWN = 5;

/** What was found: some of each kind. */
export class Findings {
  #kinds = new Map();

  add(kind, details) {
    const found = this.#kinds.get(kind) ?? [];
    if (!found.includes(details)) this.#kinds.set(kind, [...found.slice(0, MOST_SHOWN), details]);
  }

  get lines() {
    return [...this.#kinds].flatMap(([kind, found]) => [
      kind,
      ...found.slice(0, MOST_SHOWN).map((details) => `  ${details}`),
      ...(found.length > MOST_SHOWN ? ['  …'] : []),
    ]);
  }
}

/**
 * Makes the check of answers. No failure of the server is excused: the embedded database can do all that the API needs, and is
 * never away here, so there is neither a 501 nor a 503.
 * @returns {(answer: import('./connection.js').Answer, tookMs: number) => string | undefined} what is wrong with an answer
 */
export function answerCheck({ components }) {
  const ajv = new Ajv2020({ strict: false, formats: { int32: true } });
  addFormats.default(ajv);
  const isProblem = ajv.compile({ components, $ref: '#/components/schemas/Problem' });
  return ({ status, headers, body }, tookMs) => {
    if (!(status >= 200 && status < 500)) return `the status is ${status}`;
    if (tookMs > LATEST_MS) return `the answer came after ${Math.round(tookMs)} ms`;
    // In a text its quotes would be escaped, so this is the name of a member.
    if (body.includes('"polluted":')) return 'the answer has a member that no model has';
    if (status < 400) return undefined;
    // An import says by its status that no row could be stored, and by its body why.
    if (status === 422 && /"read":\d/.test(body)) return undefined;
    if (!headers['content-type']?.startsWith('application/problem+json'))
      return `the problem is ${headers['content-type']}`;
    const problem = JSON.parse(body);
    if (!isProblem(problem)) return `the problem breaks its schema: ${ajv.errorsText(isProblem.errors)}`;
    return problem.status === status ? undefined : 'the problem has another status than the answer';
  };
}
