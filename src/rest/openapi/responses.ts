import type { JsonSchema } from '../../schema/index.ts';
import type { Bodies } from '../http/body.ts';
import { contentOf, type Operation, type Success } from '../http/operations.ts';
import type { Components } from './components.ts';
import { exampleOf, patchOf } from './examples.ts';
import { describeHeaders, type Headers } from './headers.ts';
import { nameOf, problemStatuses } from './problems.ts';
import { isRead, prefersMinimal } from './traits.ts';

const ETAG = { ETag: 'Of the representation; a strong one (RFC 9110, section 8.8.3)' };
const PREFERENCE_APPLIED = 'The preference that was met';

/** Every answer of an operation by its status. */
export function describeResponses(
  operation: Operation,
  problems: ReadonlyMap<number, object>,
  links: Record<string, object>,
  components: Components,
): Record<string, object> {
  const { success, streamed, seeOther } = operation;
  const minimal = prefersMinimal(operation);
  // A PUT is not stored as it was sent, so that it has no state to tell without its representation.
  const state = operation.method === 'put' ? {} : { ...timeOf(success), ...ETAG };
  return {
    [success.status]: {
      ...describeSuccess(success, minimal, components),
      ...(Object.keys(links).length > 0 && { links }),
    },
    ...(seeOther && {
      303: { description: seeOther.description, headers: describeHeaders({ Location: 'Of the page' }, components) },
    }),
    ...(streamed && { [streamed.status]: describeSuccess(streamed, false, components) }),
    ...(isRead(operation) && {
      304: {
        description: 'The client has this state already',
        headers: describeHeaders({ ...timeOf(success), ...ETAG }, components),
      },
    }),
    ...(minimal &&
      success.status === 200 && {
        204: {
          description: 'Done, as return=minimal',
          headers: describeHeaders({ ...state, 'Preference-Applied': PREFERENCE_APPLIED }, components),
        },
      }),
    ...Object.fromEntries(
      problemStatuses(operation).map((status) => {
        const problem = problems.get(status) ?? {};
        return [
          status,
          streamed?.failures?.includes(status)
            ? describeFailure(problem, streamed, components)
            : components.share('responses', nameOf(status), problem),
        ];
      }),
    ),
  };
}

/** A problem that is told in the media types of a stream, once that has begun; their examples are of a success. */
function describeFailure(problem: object, streamed: Success, { schema }: Components): object {
  const content = 'content' in problem && problem.content;
  const told = Object.entries(contentOf(streamed)).map(([type, one]) => [type, { schema: schema(one) }]);
  return { ...problem, content: { ...Object(content), ...Object.fromEntries(told) } };
}

function describeSuccess(success: Success, minimal: boolean, components: Components): object {
  const headers = {
    ...success.headers,
    ...(success.schema && ETAG),
    ...(minimal && { 'Preference-Applied': PREFERENCE_APPLIED }),
  };
  return {
    description: success.description,
    ...(Object.keys(headers).length > 0 && { headers: describeHeaders(headers, components) }),
    ...((success.schema ?? success.streams) && { content: describeContent(contentOf(success), components) }),
  };
}

const timeOf = ({ headers = {} }: Success): Headers => {
  const description = headers['Last-Modified'];
  return description === undefined ? {} : { 'Last-Modified': description };
};

/** What a request holds. JSON is read as one value or, where arrays of them are streamed, as many. */
export function describeBody({ schemas, streams = {}, isOptional }: Bodies, components: Components): object {
  const both = Object.keys(schemas).filter((type) => type in streams);
  const whole = {
    ...schemas,
    ...streams,
    ...Object.fromEntries(both.map((type) => [type, oneOrMany(schemas[type], streams[type])])),
  };
  return { required: isOptional !== true, content: describeContent(whole, components) };
}

/** One value, or many as they are streamed. It has a name, for oapi-codegen sends a choice without one as `{}`. */
const oneOrMany = (one: JsonSchema = {}, many: JsonSchema = {}): JsonSchema => ({
  ...(typeof one['title'] === 'string' && { title: `${one['title']}OrMany` }),
  oneOf: [one, many],
  examples: [exampleOf(one)].filter((value) => value !== undefined),
});

function describeContent(schemas: Readonly<Record<string, JsonSchema>>, { schema: withComponents }: Components) {
  const examples = new Map(Object.entries(schemas).map(([type, schema]) => [type, exampleOf(schema)]));
  const whole = examples.get('application/json');
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => {
      const isPatch = type === 'application/json-patch+json' && typeof whole === 'object' && whole !== null;
      const example = isPatch ? patchOf(whole) : examples.get(type);
      return [type, { schema: withComponents(schema), ...(example !== undefined && { example }) }];
    }),
  );
}
