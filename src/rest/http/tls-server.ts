import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** A certificate, with those that prove it, and its private key; both in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** What offers less is refused, as RFC 9325 (section 3.1.1) demands. */
const OLDEST = { minVersion: 'TLSv1.2' } as const;

/** The TCP connections that TLS is spoken on, which Node shows only as they come. */
const connectionsBelow = new WeakMap<Socket, Socket>();

/** Resets a connection. Some clients, such as curl 7, take any other end of it for the end of the answer, also with TLS. */
export const resetConnection = (socket: Socket): void =>
  void (connectionsBelow.get(socket) ?? socket).resetAndDestroy();

/** How many bytes the system had not taken at the last look. */
const untaken = new WeakMap<Socket, unknown>();

/**
 * Whether the client has taken some of what is written since the last look, which Node does not see within one write over TLS.
 * Without TLS Node has looked itself.
 */
export function hasMoved(socket: Socket): boolean {
  const connection = connectionsBelow.get(socket);
  if (!connection) return false;
  const size: unknown = Reflect.get(Object(Reflect.get(connection, '_handle')), 'writeQueueSize');
  const moved = size !== untaken.get(socket);
  untaken.set(socket, size);
  return moved;
}

/** A server that speaks HTTP over TLS. @param options of Node's server */
export function tlsServer<
  Request extends typeof IncomingMessage,
  Response extends typeof ServerResponse<InstanceType<Request>>,
>(options: ServerOptions<Request, Response>, certificate: Certificate): Server<Request, Response> {
  const server = createServer({ ...options, ...OLDEST, ...certificate });
  const connections = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server
    .on('connection', (connection) => {
      if (!(connection instanceof Socket)) return;
      const name = nameOf(connection);
      connections.set(name, connection);
      connection.once('close', () => connections.delete(name));
    })
    .on('secureConnection', (socket) => {
      const connection = connections.get(nameOf(socket));
      if (connection) connectionsBelow.set(socket, connection);
    });
  // Node would hand a failed handshake to those who answer what is no HTTP, but its client cannot read an answer.
  server.removeAllListeners('tlsClientError').on('tlsClientError', (_error, socket) => void socket.destroy());
  return server;
}

/** New connections get another certificate. The others stay as they are. */
export function replaceCertificate(server: Server, certificate: Certificate): void {
  if (server instanceof TlsServer) server.setSecureContext({ ...OLDEST, ...certificate });
}
