import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Express } from 'express';
import { httpServer, type ServerOptions } from '../rest/http/http-server.ts';
import { atEnd } from './cleanup.ts';

/** Serves an application with these limits, on a free port until the file's tests end. */
export async function serveApp(app: Express, options: ServerOptions = {}): Promise<{ server: Server; port: number }> {
  const server = httpServer(app, options).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, port: Number(Object(server.address()).port) };
}
