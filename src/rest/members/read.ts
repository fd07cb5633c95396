import { shownPart, type Field } from '../../schema/index.ts';
import { memberAt } from '../history/past.ts';
import type { Operation } from '../http/operations.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { found } from '../writes/members.ts';
import { LEFT_OUT, shownAs, writtenAs } from './answers.ts';

/** `GET /:id`: a member as it is, from the driver's bytes, or as it was. */
export function readOperation(resource: Resource): Operation {
  const { collection, name, path, fields, schema, maxTimeMS, settings } = resource;
  const shown = { maxTimeMS, ...shownPart(fields), raw: true };
  const success = { status: 200, description: 'The member', schema };
  const headers = memberHeaders(resource);
  return {
    method: 'get',
    path: `${path}/:id`,
    operationId: `read${name}`,
    summary: 'One member',
    description:
      'Its ETag names its present state, for If-None-Match here and for If-Match in a write.' +
      (holdsFraction(fields) ? OTHER_INTEGERS : ''),
    ...(settings.history.enabled
      ? {
          parameters: { at: atParameter },
          success: { ...success, headers: { ...headers, ...LEFT_OUT } },
          problems: [404, 410],
        }
      : { success: { ...success, headers }, problems: [404] }),
    async handle({ id, parameters: { at } }) {
      if (at !== undefined) {
        const { document, leftOut } = await memberAt(resource, id, new Date(String(at)));
        return shownAs(resource, document, leftOut);
      }
      return writtenAs(resource, found(await collection.findOne<Buffer>({ _id: id }, shown), id));
    },
  };
}

/** Whether a field may hold an int64, by other means than the API. */
const holdsFraction = (fields: readonly Field[]): boolean =>
  fields.some(
    ({ type, fields: inner, items }) =>
      type === 'Number' || type === 'Double' || holdsFraction(inner) || (items && holdsFraction([items])),
  );

const OTHER_INTEGERS =
  ' A whole number that was stored by other means, and that a number of JSON does not hold exactly, is a text of its digits.';

const atParameter = {
  type: 'string',
  format: 'date-time',
  maxLength: 64,
  description:
    'A time in the past: the member as it was then, in the present shape of the model; 404 if there was none, 410 if that ' +
    'state lacks what is required since',
};
