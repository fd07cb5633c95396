import type { CommandStartedEvent, MongoClient } from 'mongodb';
import { SharedTrace, Trace, type Waited } from '../rest/index.ts';

/** Charges each command of a client to the requests that wait for it, and tells of it. The client has to monitor commands. */
export function watchCommands(client: MongoClient, onEnd: (ended: Waited) => void = () => {}): void {
  const running = new Map<number, CommandStartedEvent>();
  const end = (requestId: number, milliseconds: number, failure?: Error) => {
    const started = running.get(requestId);
    if (!started) return;
    running.delete(requestId);
    const { command, commandName: name } = started;
    const ended = { name, command, milliseconds, endedAt: Date.now(), ...(failure && { failure: errorType(failure) }) };
    const charged: unknown = command['comment'];
    if (charged instanceof Trace || charged instanceof SharedTrace) charged.waited(ended);
    onEnd(ended);
  };
  client.on('commandStarted', (started) => void running.set(started.requestId, started));
  client.on('commandSucceeded', ({ requestId, duration }) => end(requestId, duration));
  client.on('commandFailed', ({ requestId, duration, failure }) => end(requestId, duration, failure));
}

/** The code that the database gives its error, as OpenTelemetry's conventions want it; else the name of the driver's class. */
const errorType = (failure: Error & { code?: unknown }): string =>
  typeof failure.code === 'number' ? String(failure.code) : failure.name;
