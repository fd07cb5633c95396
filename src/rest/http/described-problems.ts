import { Problem, unavailable, type Flaw } from './problems.ts';

/** The problems that are thrown where they happen, and shown as examples by the OpenAPI description. */

/** The header holds something that is not a list of entity tags. @param name of the header */
export const malformedTags = (name: string) =>
  new Problem(400, `The header ${name} cannot be read.`, [
    { header: name, keyword: 'format', detail: 'must be * or entity tags in double quotes, separated by commas' },
  ]);

export const noSuchResource = (id: string) => new Problem(404, `There is no resource with the id ${id}.`);

/** @param types the media types of the answer @param accept the header */
export function notAcceptable(types: readonly string[], accept: string): Problem {
  const list = types.join(' or ');
  return new Problem(406, `The answer is ${list}, but the header Accept allows only ${accept}.`, [
    { header: 'Accept', keyword: 'contentMediaType', detail: `must include ${list}` },
  ]);
}

/** A JSON Patch has an operation that cannot be done now. */
export const patchConflict = (flaw: Flaw) =>
  new Problem(
    409,
    'The patch does not fit the resource as it is now, so nothing was changed. Read the resource again and correct the patch.',
    [flaw],
  );

/** The resource is not in the state that the request names. @param header that names it @param detail how it differs */
export const otherState = (header: string, detail: string) =>
  new Problem(412, 'The resource is not in the state that the request names. Read it again.', [
    { header, keyword: 'precondition', detail },
  ]);

/** @param limitBytes the most that a body may have */
export const bodyTooLarge = (limitBytes: number) => new Problem(413, `The body is larger than ${limitBytes} bytes.`);

/**
 * @param given the header `Content-Type`, if there is one
 * @param types the media types that the operation reads
 * @param headers of the answer
 */
export function unsupportedMediaType(
  given: string | undefined,
  types: readonly string[],
  headers: Record<string, string> = {},
): Problem {
  const list = types.join(' or ');
  const what =
    given === undefined ? 'The request has no Content-Type.' : `Content-Type ${given} is not supported here.`;
  const flaw = { header: 'Content-Type', keyword: 'contentMediaType', detail: `must be ${list}` };
  return new Problem(415, `${what} Send ${list} in UTF-8.`, [flaw], headers);
}

export const invalidBody = (flaws: readonly Flaw[]) =>
  new Problem(422, 'The body breaks the rules listed in errors.', flaws);

/** A setting demands that writes name the state that they change (RFC 6585, section 3). */
export const preconditionRequired = () =>
  new Problem(428, 'This request needs the header If-Match, with the ETag of the state that it changes.', [
    { header: 'If-Match', keyword: 'required', detail: 'is required' },
  ]);

export const serverFailed = () =>
  new Problem(500, 'The server failed. Its log says why. Repeating the request is unlikely to help.');

export const databaseUnavailable = () =>
  unavailable(
    'The database does not answer now. Try again; if this was a write, first read the resource, because the write may have been made.',
  );
