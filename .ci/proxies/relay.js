import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Lies between the proxy and the API: it shows what the proxy sends, and holds back or breaks off what the API answers. */
export async function openRelay(apiPort) {
  const relay = { connections: 0, sent: '', hold: undefined, breakOff: undefined };
  const open = new Set();
  const server = createServer({ allowHalfOpen: true }, (proxy) => {
    relay.connections += 1;
    const api = connect({ host: '127.0.0.1', port: apiPort, allowHalfOpen: true });
    for (const socket of [proxy, api]) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => [proxy, api].forEach((one) => (open.delete(one), one.destroy())));
    }
    proxy.on('data', (chunk) => (relay.sent += chunk.toString('latin1'))).pipe(api);
    api.on('end', () => proxy.end());
    let answered = 0;
    api.on('data', (chunk) => {
      proxy.write(chunk);
      answered += chunk.length;
      if (answered < AFTER_BYTES) return;
      if (relay.breakOff === 'reset') proxy.resetAndDestroy();
      if (relay.breakOff === 'end') proxy.destroySoon();
      if (!relay.hold) return;
      api.pause();
      void relay.hold.then(() => api.resume());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return Object.assign(relay, { port: server.address().port, close });
}

/** So much of an answer passes before it is held back or broken off. */
const AFTER_BYTES = 30_000;
