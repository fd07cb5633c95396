import { Problem } from '../http/problems.ts';

const RETRY_AFTER_S = '10';

/** A limit on readers or change streams is reached. */
export const tooMany = (detail: string) =>
  new Problem(503, `${detail} Try again after Retry-After seconds.`, [], { 'retry-after': RETRY_AFTER_S });

/** The server has no change streams. */
export const noChangeStreams = () =>
  new Problem(
    501,
    'The database is a standalone mongod, which has no change streams. Events need a replica set or a sharded cluster.',
  );

/** The client's last event ID is not one that the server can have sent. */
export const unknownEventId = () =>
  new Problem(400, 'The header Last-Event-ID does not name an event of this server.', [
    {
      header: 'Last-Event-ID',
      keyword: 'format',
      detail: 'must be the id of an event that was received here. Leave it out, and read the collection again',
    },
  ]);
