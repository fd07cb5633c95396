import type { Field } from '../../schema/index.ts';
import { memberAt } from '../history/past.ts';
import type { Operation } from '../http/operations.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { found } from '../writes/members.ts';
import { LEFT_OUT, shownAs, writtenAs } from './answers.ts';
import { chargedTo } from '../charged.ts';
import { findTogether } from './find-together.ts';

/** `GET /:id` shows a member as it is, written straight from the driver's BSON, or as it was at a time. */
export function readOperation(resource: Resource): Operation {
  const { name, path, fields, schema, settings } = resource;
  const find = findTogether(resource);
  const success = { status: 200, description: 'The member', schema };
  const headers = memberHeaders(resource);
  return {
    method: 'get',
    path: `${path}/:id`,
    operationId: `read${name}`,
    summary: 'One member',
    description:
      'The ETag names the present state of the member. Send it in If-None-Match here, or in If-Match with a write.' +
      (holdsFraction(fields) ? INTEGERS_AS_TEXT : ''),
    ...(settings.history.enabled
      ? {
          parameters: { at: atParameter },
          success: { ...success, headers: { ...headers, ...LEFT_OUT } },
          problems: [404, 410],
        }
      : { success: { ...success, headers }, problems: [404] }),
    async handle({ id, trace, parameters: { at } }) {
      if (at !== undefined) {
        const { document, leftOut } = await memberAt(chargedTo(resource, { trace }), id, new Date(String(at)));
        return shownAs(resource, document, leftOut);
      }
      return writtenAs(resource, found(await find(id, trace), id));
    },
  };
}

/** Whether a field may hold an int64 that was not stored by the API. */
const holdsFraction = (fields: readonly Field[]): boolean =>
  fields.some(
    ({ type, fields: inner, items }) =>
      type === 'Number' || type === 'Double' || holdsFraction(inner) || (items && holdsFraction([items])),
  );

const INTEGERS_AS_TEXT =
  ' A whole number that is too large for an exact JSON number, and was not stored by this API, is a string of its digits.';

const atParameter = {
  type: 'string',
  format: 'date-time',
  maxLength: 64,
  description:
    'A time in the past: the answer is the member as it was then, with the fields that the model has now. It is 404 if the ' +
    'member did not exist, and 410 if it lacked fields that are required now',
};
