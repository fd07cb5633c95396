import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Waited } from '../rest/index.ts';
import { watchCommands } from './commands.ts';
import { planReader } from './query-plan.ts';
import { requestLog } from './request-log.ts';

/** Is told of what happens. */
export interface Counts {
  requestBegun: (request: IncomingMessage) => void;
  requestEnded: (request: IncomingMessage, response: ServerResponse, milliseconds: number) => void;
  /** The server has too much to do for a request. */
  requestRefused: () => void;
  commandEnded: (ended: Waited) => void;
}

/** What the observation of a server needs. */
export interface Observation {
  connection: Connection;
  logger: Logger;
  /** A request that takes longer is a warning. */
  slowMs: number;
  /** Where it counts. */
  counts?: Counts | undefined;
  /** Where traces are sent. */
  tracer?: Pick<Counts, 'requestBegun' | 'requestEnded'> | undefined;
}

const MOST_LISTENERS = 20;

/**
 * Logs each request of a server, with what it makes the database do; also those that the server refuses before its application
 * sees them.
 */
export function observe(server: Server, { connection, logger, slowMs, counts, tracer }: Observation): void {
  const { db } = connection;
  watchCommands(connection.getClient(), counts?.commandEnded);
  if (counts) server.on('overload', counts.requestRefused);
  const log = requestLog({ logger, slowMs, ...(db && { planOf: planReader(db) }) });
  const follow = (request: IncomingMessage, response: ServerResponse) => {
    const begunAt = performance.now();
    counts?.requestBegun(request);
    tracer?.requestBegun(request);
    // A stream has ten of its own, as many as Node takes for no leak.
    response.setMaxListeners(MOST_LISTENERS).once('close', () => {
      const milliseconds = performance.now() - begunAt;
      log(request, response, milliseconds);
      counts?.requestEnded(request, response, milliseconds);
      tracer?.requestEnded(request, response, milliseconds);
    });
  };
  server.prependListener('request', follow).prependListener('checkExpectation', follow);
}
