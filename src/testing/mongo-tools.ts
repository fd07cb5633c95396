import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectionString } from 'mongodb-connection-string-url';

const execute = promisify(execFile);

/** The official tools, by their paths. */
export interface MongoTools {
  mongodump: string;
  mongorestore: string;
}

/** Looks for the official tools in the folder `MONGO_TOOLS`, else on `PATH`; `undefined` unless both are there. */
export function findMongoTools(): MongoTools | undefined {
  const { MONGO_TOOLS, PATH = '' } = process.env;
  const find = (name: string) =>
    (MONGO_TOOLS ? [MONGO_TOOLS] : PATH.split(delimiter)).map((folder) => join(folder, name)).find(isExecutable);
  const [mongodump, mongorestore] = [find('mongodump'), find('mongorestore')];
  return mongodump && mongorestore ? { mongodump, mongorestore } : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What mongorestore is told, to restore a database under another name into the server of a URI. */
export function underName(uri: string, from: string, to: string): string[] {
  const server = new ConnectionString(uri);
  server.pathname = '/';
  return [`--uri=${server.href}`, `--nsFrom=${from}.*`, `--nsTo=${to}.*`];
}

/** @throws {Error} with what the tool printed if it failed */
export async function runTool(path: string, parameters: readonly string[], signal: AbortSignal): Promise<void> {
  await execute(path, [...parameters, '--quiet'], { signal });
}
