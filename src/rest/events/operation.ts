import type { IncomingHttpHeaders } from 'node:http';
import { readAttributes } from '../query/attributes.ts';
import { contradictions } from '../query/contradictions.ts';
import { compileFilters } from '../query/filters.ts';
import { EVENT_STREAM } from '../http/formats.ts';
import type { Operation } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import { compileEventFilter } from './event-filter.ts';
import { noChangeStreams, unknownEventId } from './event-problems.ts';
import { Hub } from './hub.ts';
import { eventLimits } from './limits.ts';
import { toToken } from './resume-token.ts';

const DESCRIPTION = `Server-Sent Events (WHATWG HTML, section 9.2), in the order of the changes. A change is sent once a majority of the
database's members has it. To mirror the collection, open this stream, and read the collection after the first event, not before.

- \`position\`: \`{}\`. Nothing has happened, but the client can resume from this id. A stream begins with this event, unless a
  change comes first. It is sent again after changes that the filter leaves out.
- \`created\`, \`changed\`: the member. It may already be in a later state.
- \`removed\`: \`{"id"}\`. It is sent whatever the filter is.
- \`unmatched\`: \`{"id"}\` of a member that does not meet the filter after a change, and may have met it before.
- \`reset\`: the changes before this event are lost. Read the collection again.

A client that was cut off sends the last id in \`Last-Event-ID\` and misses no event; every id comes with an event. A client that reads too slowly is cut off.`;

/** The changes of a collection as they happen, filtered as its list is. */
export function eventsOperation(resource: Resource): Operation {
  const { connection, name, path, fields, settings } = resource;
  const filters = compileFilters(readAttributes(fields));
  const hub = new Hub(resource, { ...eventLimits(settings.workers), ...settings.events });
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
        description: 'The id of the last event that the client has; it gets the events after that one',
      },
    },
    success: {
      status: 200,
      description: 'The events',
      streams: { [EVENT_STREAM]: { type: 'string', description: 'Events with id, event and data, which is JSON' } },
    },
    problems: [406, 501],
    async handle({ parameters, headers: requestHeaders }) {
      const conditions = filters.read(parameters);
      const flaws = contradictions(conditions);
      if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
      const lastEventId = readLastEventId(requestHeaders);
      if (!(await hasTransactions(connection))) throw noChangeStreams();
      // These headers keep proxies from buffering or compressing the answer, which would delay events.
      const headers = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };
      return { status: 200, headers, stream: hub.stream(compileEventFilter(conditions), lastEventId) };
    },
  };
}

/** The event to resume after, if the client names one. @throws {Problem} 400 if the header cannot be the id of an event */
function readLastEventId({ 'last-event-id': header }: IncomingHttpHeaders): string | undefined {
  if (header === undefined || header === '') return undefined;
  const id = String(header);
  if (toToken(id) === undefined) throw unknownEventId();
  return id;
}
