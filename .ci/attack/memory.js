// Loaded into the server: says on a socket of its own, after a collection of garbage, how large the heap is, and which
// members every object has inherited.
import { createServer } from 'node:http';

createServer((_request, response) => {
  globalThis.gc();
  const inherited = [];
  // oxlint-disable-next-line guard-for-in -- it looks for what is inherited
  for (const name in {}) inherited.push(name);
  response.end(JSON.stringify({ heapBytes: process.memoryUsage().heapUsed, inherited }));
})
  .listen(process.env.MEMORY_SOCKET)
  .unref();
