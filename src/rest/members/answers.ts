import type { Document } from 'mongodb';
import { dateIn, type Stamps } from '../../schema/index.ts';
import type { Answer } from '../http/answers.ts';
import { etagOf, type Preconditions } from '../http/preconditions.ts';
import type { Resource } from '../resource-description.ts';
import type { Outcome } from '../writes/outcome.ts';

/** The answer to a write with this outcome. */
export function answerTo(resource: Resource, { kind, id, after, leftOut }: Outcome): Answer {
  if (after === null) return { status: 204 };
  const answer = shownAs(resource, after, leftOut);
  if (kind !== 'create') return answer;
  return { ...answer, status: 201, headers: { ...answer.headers, location: `${resource.path}/${id.toHexString()}` } };
}

/** The answer that shows a document. @param leftOut JSON Pointers to fields of a past state that the model no longer has */
export function shownAs(
  { show, stamps }: Pick<Resource, 'show' | 'stamps'>,
  document: Document,
  leftOut: readonly string[] = [],
): Answer {
  const body = show(document);
  return { status: 200, body, headers: { ...lastModifiedHeader(stamps, body), ...leftOutHeader(leftOut) } };
}

/** The answer that shows a document, given as BSON. */
export function writtenAs({ stamps, write }: Pick<Resource, 'stamps' | 'write'>, bson: Buffer): Answer {
  const json = write(bson);
  const { updated } = stamps;
  if (updated === undefined) return { status: 200, json };
  const shown = new Date(dateIn(bson, updated) ?? JSON.parse(json)[updated]);
  return { status: 200, json, headers: lastModifiedHeader(stamps, { [updated]: shown }) };
}

/**
 * A function that checks the present state of a member against the preconditions of a request, and throws {Problem} 412 if
 * it does not meet them; `undefined` if the request has none.
 */
export function stateCheck({ show, stamps }: Pick<Resource, 'show' | 'stamps'>, preconditions: Preconditions) {
  if (!preconditions.areGiven) return undefined;
  return (present: Document) => {
    const shown = show(present);
    preconditions.require({ etag: etagOf(JSON.stringify(shown)), lastModified: lastModifiedOf(stamps, shown) });
  };
}

function lastModifiedHeader(stamps: Stamps, shown: Document): Record<string, string> {
  const date = lastModifiedOf(stamps, shown);
  return date === undefined ? {} : { 'last-modified': date };
}

/** A time in the future is replaced by the present time (RFC 9110, section 8.8.2.1). */
function lastModifiedOf({ updated }: Stamps, shown: Document): string | undefined {
  const time: unknown = updated === undefined ? undefined : shown[updated];
  return time instanceof Date ? new Date(Math.min(time.getTime(), Date.now())).toUTCString() : undefined;
}

/** Proxies refuse long headers. */
const MOST_POINTERS = 20;

/** The header that names what was left out, if anything was: a list of strings (RFC 9651), each a pointer encoded as in a URI. */
const leftOutHeader = (pointers: readonly string[]): Record<string, string> =>
  pointers.length === 0
    ? {}
    : {
        'left-out': pointers
          .slice(0, MOST_POINTERS)
          .map((pointer) => `"${encodeURI(pointer)}"`)
          .join(', '),
      };

/** The description of that header, for OpenAPI. */
export const LEFT_OUT = {
  'Left-Out': `Fields that the member had then and the model no longer has: JSON Pointers in quotes, at most ${MOST_POINTERS}`,
};
