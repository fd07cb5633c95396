import { Problem } from '../http/problems.ts';

const RETRY_AFTER_S = '10';

/** A limit on readers or change streams is reached. */
export const tooMany = (detail: string) =>
  new Problem(503, `${detail} Try again.`, [], { 'retry-after': RETRY_AFTER_S });

/** The server has no change streams. */
export const noChangeStreams = () =>
  new Problem(
    501,
    'The database is a standalone mongod. Events come from change streams, which only replica sets and sharded clusters have.',
  );

/** The client's last event ID is not one that the server can have sent. */
export const unknownEventId = () =>
  new Problem(400, 'There is no event with this id.', [
    {
      header: 'Last-Event-ID',
      keyword: 'format',
      detail: 'must be the id of an event that was received here; leave it out and read the collection again',
    },
  ]);
