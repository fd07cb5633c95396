import type { components } from './api-types.d.ts';

/** A problem document of the API (RFC 9457). */
export type ProblemDetails = components['schemas']['Problem'];

/** What is wrong at one place of a request. */
export type Flaw = components['schemas']['Flaw'];

/** The API refused a request. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: Partial<ProblemDetails>;

  constructor(status: number, problem: Partial<ProblemDetails>) {
    super(problem.detail ?? problem.title ?? `The server answered with ${status}.`);
    this.status = status;
    this.problem = problem;
  }

  get flaws(): readonly Flaw[] {
    return this.problem.errors ?? [];
  }
}

/** The API did not answer. */
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer. Nothing is lost here: try again when it does.');
  }
}

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Refusal && (error.status === 429 || error.status >= 500));

/** What went wrong, in words for the person at the page; undefined if the person has cancelled it. */
export function wordsOf(error: unknown): string | undefined {
  if (error instanceof DOMException && error.name === 'AbortError') return undefined;
  if (error instanceof Refusal) {
    const places = error.flaws.map((flaw) => `${placeOf(flaw)} ${flaw.detail}`.trim());
    return [error.message, ...places].join(' – ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Where a flaw is: the pointer, parameter or header. */
const placeOf = (flaw: Flaw): string => flaw.pointer ?? flaw.parameter ?? flaw.header ?? '';
