import { Problem, type Flaw } from './problems.ts';

/** The problems that are thrown where they happen, and shown as examples by the OpenAPI description. */

export const noSuchResource = (id: string) => new Problem(404, `There is no resource with the id ${id}.`);

/** A JSON Patch has an operation that cannot be done now. */
export const patchConflict = (flaw: Flaw) =>
  new Problem(
    409,
    'The patch does not fit the resource as it is now, so nothing was changed. Read the resource again and correct the patch.',
    [flaw],
  );

/** A setting demands that writes name the state that they change (RFC 6585, section 3). */
export const preconditionRequired = () =>
  new Problem(428, 'This request needs the header If-Match, with the ETag of the state that it changes.', [
    { header: 'If-Match', keyword: 'required', detail: 'is required' },
  ]);
