import type { IncomingHttpHeaders } from 'node:http';
import { readAttributes } from '../query/attributes.ts';
import { contradictions } from '../query/contradictions.ts';
import { compileFilters } from '../query/filters.ts';
import type { Operation } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import { EVENT_STREAM } from './event-stream.ts';
import { noChangeStreams, unknownId } from './follow.ts';
import { createHub } from './hub.ts';
import { EVENT_LIMITS } from './limits.ts';
import { toToken } from './resume-token.ts';
import { compileView } from './view.ts';

const DESCRIPTION = `Server-Sent Events (WHATWG HTML, section 9.2), in the order of the changes, each told once a majority of the
database's members has it. To mirror the collection, read it when the first event is there, not before.

- \`position\`: \`{}\`; nothing happened that is told, but the id is one to resume from. A stream begins with it, unless a
  change comes first, and it comes again where changes pass that the filter leaves out.
- \`created\`, \`changed\`: the data are the member, which may be in a later state already.
- \`removed\`: \`{"id"}\`; told whatever the filter is.
- \`unmatched\`: \`{"id"}\` of a member that does not meet the filter after a change, and may have met it before.
- \`reset\`: there were changes that cannot be told. Read the collection again.

A client that was cut off sends the last id in \`Last-Event-ID\` and misses none; every id comes with an event. One that takes too little is cut off.`;

/** The changes of a collection as they happen, filtered as its list is. */
export function eventsOperation(resource: Resource): Operation {
  const { connection, name, path, fields, settings } = resource;
  const filters = compileFilters(readAttributes(fields));
  const stream = createHub(resource, { ...EVENT_LIMITS, ...settings.events });
  return {
    method: 'get',
    path: `${path}/events`,
    operationId: `watch${name}s`,
    summary: 'The changes of the collection as they happen',
    description: DESCRIPTION,
    parameters: filters.parameters,
    headers: {
      'Last-Event-ID': {
        type: 'string',
        description: 'The id of the last event that the client has: the next one that it gets is the one behind that',
      },
    },
    success: {
      status: 200,
      description: 'The events',
      streams: { [EVENT_STREAM]: { type: 'string', description: 'Events with id, event and data, which is JSON' } },
    },
    problems: [406, 501],
    async handle({ parameters, headers: asked }) {
      const conditions = filters.read(parameters);
      const flaws = contradictions(conditions);
      if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
      const id = readLastEventId(asked);
      if (!(await hasTransactions(connection))) throw noChangeStreams();
      // Proxies that collect an answer before they pass it on, or compress it, would keep events back.
      const headers = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };
      return { status: 200, headers, stream: stream(compileView(conditions), id) };
    },
  };
}

/** @throws {Problem} 400 if it is none */
function readLastEventId({ 'last-event-id': given }: IncomingHttpHeaders): string | undefined {
  if (given === undefined || given === '') return undefined;
  const id = String(given);
  if (toToken(id) === undefined) throw unknownId();
  return id;
}
