import type { JsonSchema } from '../../schema/index.ts';
import type { Bodies } from '../http/body.ts';
import { contentOf, type Operation, type Success } from '../http/operations.ts';
import type { Components } from './components.ts';
import { exampleOf, patchOf } from './examples.ts';
import { describeHeaders, type Headers } from './headers.ts';
import { nameOf, problemStatuses } from './problems.ts';
import { isRead, prefersMinimal } from './operation-properties.ts';

const ETAG = { ETag: 'The strong entity tag of the representation (RFC 9110, section 8.8.3)' };
const PREFERENCE_APPLIED = 'The preference that was applied';

/** Describes every answer of an operation, by its status. */
export function describeResponses(
  operation: Operation,
  problems: ReadonlyMap<number, object>,
  links: Record<string, object>,
  components: Components,
): Record<string, object> {
  const { success, streamed } = operation;
  const minimal = prefersMinimal(operation);
  // A PUT with return=minimal has no ETag: it would describe the body as it was sent, but that is stored differently.
  const state = operation.method === 'put' ? {} : { ...timeOf(success), ...ETAG };
  return {
    [success.status]: {
      ...describeSuccess(success, minimal, components),
      ...(Object.keys(links).length > 0 && { links }),
    },
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
          description: 'Done; the request has return=minimal',
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

/** Adds the media types of a stream, which reports failures in them once it has begun, without the examples of a success. */
function describeFailure(problem: object, streamed: Success, { schema }: Components): object {
  const content = 'content' in problem && problem.content;
  const reports = Object.entries(contentOf(streamed)).map(([type, one]) => [type, { schema: schema(one) }]);
  return { ...problem, content: { ...Object(content), ...Object.fromEntries(reports) } };
}

function describeSuccess(success: Success, minimal: boolean, components: Components): object {
  const headers = {
    ...success.headers,
    ...(success.schema && ETAG),
    ...(minimal && { 'Preference-Applied': PREFERENCE_APPLIED }),
  };
  return {
    description: success.description,
    headers: describeHeaders(headers, components),
    ...((success.schema ?? success.streams) && { content: describeContent(contentOf(success), components) }),
  };
}

const timeOf = ({ headers = {} }: Success): Headers => {
  const description = headers['Last-Modified'];
  return description === undefined ? {} : { 'Last-Modified': description };
};

/** Describes the body of a request. If arrays of JSON are read as a stream, the schema allows one value or many. */
export function describeBody({ schemas, streams = {}, isOptional }: Bodies, components: Components): object {
  const both = Object.keys(schemas).filter((type) => type in streams);
  const all = {
    ...schemas,
    ...streams,
    ...Object.fromEntries(both.map((type) => [type, oneOrMany(schemas[type], streams[type])])),
  };
  return { required: isOptional !== true, content: describeContent(all, components) };
}

/** The schema of one value or many. It has a title, because oapi-codegen sends a choice without one as `{}`. */
const oneOrMany = (one: JsonSchema = {}, many: JsonSchema = {}): JsonSchema => ({
  ...(typeof one['title'] === 'string' && { title: `${one['title']}OrMany` }),
  oneOf: [one, many],
  examples: [exampleOf(one)].filter((value) => value !== undefined),
});

function describeContent(schemas: Readonly<Record<string, JsonSchema>>, { schema: withComponents }: Components) {
  const examples = new Map(Object.entries(schemas).map(([type, schema]) => [type, exampleOf(schema)]));
  const object = examples.get('application/json');
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => {
      const isPatch = type === 'application/json-patch+json' && typeof object === 'object' && object !== null;
      const example = isPatch ? patchOf(object) : examples.get(type);
      return [type, { schema: withComponents(schema), ...(example !== undefined && { example }) }];
    }),
  );
}
