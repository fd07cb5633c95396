import { Problem, unavailable, type Flaw, type ProblemKind } from './problems.ts';

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

export const targetTooLong = (length: number, most: number) =>
  new Problem(414, `The request target has ${length} characters; it may have ${most}.`);

/** @param detail what is too large or too many, after "The request's header" */
export const headerTooLarge = (detail: string) => new Problem(431, `The header of the request ${detail}.`);

/** A caller has as many streams open as one may have. @param kind of streams */
export const tooManyStreams = (kind: 'events' | 'bulk', most: number) =>
  new Problem(
    429,
    `You have ${most} ${kind === 'events' ? 'streams of events' : 'imports and exports'} open, and no more are possible. ` +
      'Nothing was done. Close one, or wait until one has ended.',
    [],
    { 'retry-after': '1' },
  );

/** Problem types of draft-ietf-httpapi-ratelimit-headers-10. */
const TYPES = 'https://iana.org/assignments/http-problem-types';

/** The process has more requests than it can answer in time. */
export const overloaded = () =>
  unavailable(
    'The server has more to do than it can do in time. Nothing was done. Try again after Retry-After seconds.',
    { type: `${TYPES}#temporary-reduced-capacity`, title: 'Temporary reduced capacity' },
  );

/** A quota that is used up. */
interface UsedUp {
  /** The name of its policy, a plural: `reads`. */
  name: string;
  quota: number;
  windowS: number;
  /** When the whole quota is there again. */
  resetS: number;
}

/** A caller or an address has sent as many requests of a kind as it may. */
export const quotaExceeded = (usedUp: UsedUp, headers: Record<string, string> = {}) =>
  tooMany(usedUp, headers, `You have sent all ${usedUp.quota} ${usedUp.name} that you may send`, {
    type: `${TYPES}#quota-exceeded`,
    title: 'Quota exceeded',
  });

/** Too many requests without a valid credential came from an address. */
export const tooManyFailures = (usedUp: UsedUp, headers: Record<string, string> = {}) =>
  tooMany(usedUp, headers, `From your address came ${usedUp.quota} requests without a valid key or token`, {
    type: `${TYPES}#abnormal-usage-detected`,
    title: 'Abnormal usage detected',
  });

const tooMany = (
  { name, windowS, resetS }: UsedUp,
  headers: Record<string, string>,
  what: string,
  kind: Pick<ProblemKind, 'type' | 'title'>,
) =>
  new Problem(
    429,
    `${what} within ${windowS} s. Nothing was done. Try again after ${resetS} s.`,
    [],
    { ...headers, 'retry-after': String(resetS) },
    { ...kind, 'violated-policies': [name] },
  );

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

/** @param mayHaveChanged whether a write was begun whose outcome is not known */
export const databaseUnavailable = (mayHaveChanged = false) =>
  unavailable(
    mayHaveChanged
      ? 'The database does not answer now, and the change may have been made. Read the resource before you try again.'
      : 'The database does not answer now. Nothing was done. Try again.',
  );

export const diskFull = (mayHaveChanged = false) =>
  unavailable(
    'The database has no room on its disk. An operator has to make room there. ' +
      (mayHaveChanged
        ? 'The change may have been made. Read the resource before you try again.'
        : 'Nothing was done. Try again later.'),
  );
