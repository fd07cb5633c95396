/** Is loaded into a server before it starts. Answers each message of its parent with the size of the heap, in bytes. */
process.on('message', () => {
  globalThis.gc?.(); // without garbage
  process.send?.(process.memoryUsage().heapUsed);
});
process.channel?.unref();
