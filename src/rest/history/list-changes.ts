import type { JsonSchema } from '../../schema/index.ts';
import { compileCursors } from '../query/cursors.ts';
import { jsonPatchSchema } from '../writes/json-patch.ts';
import type { Operation } from '../http/operations.ts';
import { pageLinks } from '../query/page-links.ts';
import { MOST_ITEMS, pageOf, pageParameters, readPlace } from '../query/pages.ts';
import { Problem } from '../http/problems.ts';
import { chargedTo } from '../charged.ts';
import type { Resource } from '../resource-description.ts';
import { reversed, sortOf, type SortKey } from '../query/sorts.ts';
import { madeEntries, readSettled } from './announced.ts';
import { entriesOf, type Entry } from './entries.ts';

/** No two entries of a member have the same time. */
const NEWEST_FIRST: readonly SortKey[] = [{ path: 'at', direction: -1 }];

/** The subject of a token may have so many characters (OpenID Connect Core 1.0, section 2). */
const MOST_OF_CALLER = 255;

const EXAMPLE_TIME = '2026-05-01T12:00:00.000Z';
const entrySchema = ({ fields, stamps }: Pick<Resource, 'fields' | 'stamps'>): JsonSchema => ({
  type: 'object',
  properties: {
    at: {
      type: 'string',
      format: 'date-time',
      maxLength: 24,
      description: 'The time of the change; no two changes of a member have the same time',
      examples: [EXAMPLE_TIME],
    },
    kind: { type: 'string', enum: ['create', 'change', 'remove', 'restore'], examples: ['change'] },
    caller: {
      type: 'string',
      maxLength: MOST_OF_CALLER,
      description:
        'Who sent the request: the id of the key, or the subject of the token. Where callers need not say who they are, the address',
      examples: ['192.0.2.1'],
    },
    requestId: {
      type: 'string',
      maxLength: 128,
      description: 'The X-Request-Id of the request; if it had none, the one that the server gave it',
      examples: ['0b7f6b52-6c11-4c3a-9d65-3f1f8a0e8a51'],
    },
    patch: {
      ...jsonPatchSchema,
      title: 'Changes',
      description: 'What changed in the representation (RFC 6902)',
      examples: [
        stamps.updated === undefined
          ? [{ op: 'remove', path: `/${fields[0]?.name ?? ''}` }]
          : [{ op: 'replace', path: `/${stamps.updated}`, value: EXAMPLE_TIME }],
      ],
    },
  },
  required: ['at', 'kind', 'caller', 'requestId', 'patch'],
  additionalProperties: false,
});

/** `GET /:id/history`: the changes of a member, the newest first. They are kept after the member is removed. */
export function historyOperation(resource: Resource): Operation {
  const { name, path, settings, maxTimeMS } = resource;
  const template = `${path}/:id/history`;
  return {
    method: 'get',
    path: template,
    operationId: `list${name}Changes`,
    summary: 'The changes of a member, the newest first',
    parameters: {
      caller: {
        type: 'string',
        maxLength: MOST_OF_CALLER,
        description: 'Only the changes of this caller: the id of a key, the subject of a token, or an address',
      },
      ...pageParameters,
    },
    success: {
      status: 200,
      description: 'A page of changes',
      schema: { type: 'array', maxItems: MOST_ITEMS, items: { title: `${name}Change`, ...entrySchema(resource) } },
      headers: { Link: 'The next, previous and first page, if they exist (RFC 8288)' },
    },
    problems: [404],
    async handle(input) {
      const { id, parameters } = input;
      const own = chargedTo(resource, input);
      const historyPath = template.replace(':id', id.toHexString());
      const cursors = compileCursors(historyPath, settings.cursorSigningSecret);
      const place = readPlace(parameters, cursors);
      const { limit, position, backwards } = place;
      const member = await readSettled(own, id);
      const order = backwards ? reversed(NEWEST_FIRST) : NEWEST_FIRST;
      const { caller } = parameters;
      const ofMember = madeEntries(id);
      const filter = {
        ...ofMember,
        ...(caller !== undefined && { caller: String(caller) }),
        ...(position && { at: { [backwards ? '$gt' : '$lt']: position.values[0] } }),
      };
      const found = await entriesOf(own)
        .find(filter, {
          sort: sortOf(order),
          limit: limit + 1,
          maxTimeMS,
          projection: { before: 0 },
        })
        .toArray();
      // A member that was stored without the API, or was last changed long ago, has no entries.
      const isUnknown = member === null && found.length === 0 && !position;
      if (isUnknown && (caller === undefined || !(await entriesOf(own).findOne(ofMember, { maxTimeMS }))))
        throw new Problem(404, `There is no resource with the id ${id.toHexString()}, and no history of it.`);
      const page = pageOf(found, place);
      const link = pageLinks(historyPath, place, NEWEST_FIRST, page, cursors);
      return { status: 200, body: page.page.map(show), ...(link !== undefined && { headers: { link } }) };
    },
  };
}

const show = ({ at, kind, caller, requestId, patch }: Entry) => ({ at, kind, caller, requestId, patch });
