/** Loaded into a server before it starts: answers each message of its parent with how much heap it holds, in bytes. */
process.on('message', () => {
  globalThis.gc?.(); // without garbage
  process.send?.(process.memoryUsage().heapUsed);
});
process.channel?.unref();
