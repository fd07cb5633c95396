import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { environment } from '../src/testing/measured-server.ts';
import type { Bench } from './command.ts';
import { restore, seed, seedTutorial } from './database.ts';
import { readTags, requireSameAnswers, scenarios, walk } from './scenarios.ts';
import { startServer, type BySubject, type Subject } from './servers.ts';

/**
 * Starts all servers on a database with engines.
 * @param documents how many engines; by default 20,000, and 1000 on SecantusDB
 * @param watched the servers that can be asked questions
 * @param isVaried whether the pages that are asked for differ
 */
export async function prepare(
  { db, uri, isSecantus, signal, atEnd }: Bench,
  documents?: number,
  watched?: Subject,
  isVaried = false,
) {
  const start = async (subject: Subject) => {
    const more = subject === 'with-traces' ? { OTEL_EXPORTER_OTLP_ENDPOINT: await startCollector(atEnd) } : {};
    const server = startServer(subject, uri, subject === watched, more);
    atEnd(() => server.stop());
    const headers = subject === 'with-keys' ? { authorization: `Bearer ${await makeKey(uri)}` } : {};
    return { ...server, url: await server.listening(signal), headers };
  };
  const servers = await ofEach(start);
  const count = documents ?? (isSecantus ? 1000 : 20_000);
  const youngest = await seed(db, count, signal);
  await seedTutorial(db);
  const { ids, lists } = await walk(servers['as-it-comes'].url, count, signal);
  await requireSameAnswers(servers, ids, lists);
  const tags = await ofEach((subject) => readTags(servers[subject], ids));
  return {
    documents: count,
    servers,
    scenarios: scenarios(ids, lists, tags, isVaried),
    restore: () => restore(db, youngest),
  };
}

/** Starts a collector that takes all traces and keeps none. @returns its address */
async function startCollector(atEnd: Bench['atEnd']): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${Object(server.address()).port}`;
}

/** Makes a key, as an operator does. */
async function makeKey(mongodbUri: string): Promise<string> {
  const parameters = ['engines.js', 'keys', 'create', '--name', 'bench', '--role', 'writer'];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { env: environment(mongodbUri) });
  return stdout.trim();
}

/** Makes something of each server. An API is the first one, because it creates the collections. */
async function ofEach<Value>(make: (subject: Subject) => Promise<Value>): Promise<BySubject<Value>> {
  return {
    'as-it-comes': await make('as-it-comes'),
    'with-metrics': await make('with-metrics'),
    'with-traces': await make('with-traces'),
    'history-off': await make('history-off'),
    bare: await make('bare'),
    'with-keys': await make('with-keys'),
    http: await make('http'),
    tutorial: await make('tutorial'),
  };
}
