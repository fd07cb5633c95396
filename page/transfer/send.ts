import type { components } from '../api-types.d.ts';
import { noteAnswer, noteAway } from '../connection.ts';
import { key } from '../key.ts';
import { Refusal, Unreachable } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { FORMATS, type Format } from './format.ts';

/** What the API says of an import. */
export type Report = components['schemas']['ImportReport'];

/** The API has done nothing, and asks to be asked again later. */
export class Later extends Error {
  readonly seconds: number;

  constructor(seconds: number, words: string) {
    super(words);
    this.seconds = seconds;
  }
}

interface Sending {
  format: Format;
  isStrict: boolean;
  /** Aborts it. */
  signal: AbortSignal;
  /** Is told how much of the body was sent, from 0 to 1. `fetch` cannot tell that, so this is not done with `request`. */
  onSent: (fraction: number) => void;
}

/**
 * Sends rows to a collection.
 * @throws {Refusal} if the API has stored none of them
 * @throws {Later} if it is to be asked again
 * @throws {Unreachable} if it did not answer: then any of them may be stored
 */
export function send({ path }: Resource, body: Blob, { format, isStrict, signal, onSent }: Sending): Promise<Report> {
  const xhr = new XMLHttpRequest();
  const used = key.value;
  xhr.open('POST', `.${path}`);
  xhr.setRequestHeader('content-type', FORMATS[format].mediaType);
  xhr.setRequestHeader('accept', 'application/json');
  if (isStrict) xhr.setRequestHeader('prefer', 'handling=strict');
  if (used !== undefined) xhr.setRequestHeader('authorization', `Bearer ${used}`);
  return new Promise((resolve, reject) => {
    xhr.upload.addEventListener('progress', ({ loaded, total }) => onSent(total === 0 ? 1 : loaded / total));
    xhr.addEventListener('load', () => {
      noteAnswer(xhr.status, { used });
      try {
        resolve(reportIn(xhr));
      } catch (error) {
        reject(error);
      }
    });
    xhr.addEventListener('error', () => {
      noteAway();
      reject(new Unreachable());
    });
    xhr.addEventListener('abort', () => reject(new DOMException('The import was cancelled.', 'AbortError')));
    signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}

/** The report in an answer. @throws what `send` throws */
function reportIn(xhr: XMLHttpRequest): Report {
  const { status } = xhr;
  if (status === 502 || status === 504) throw new Unreachable();
  const type = xhr.getResponseHeader('content-type') ?? '';
  if (type.startsWith('application/json')) return JSON.parse(xhr.responseText);
  const problem = type.startsWith('application/problem+json') ? JSON.parse(xhr.responseText) : {};
  const refusal = new Refusal(status, problem);
  const seconds = Number(xhr.getResponseHeader('retry-after') ?? Number.NaN);
  if ((status === 429 || status === 503) && seconds >= 0) throw new Later(seconds, refusal.message);
  throw refusal;
}
