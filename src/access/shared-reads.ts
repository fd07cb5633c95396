/**
 * Makes a function that reads a value by its name, and uses what it has read for a short time. Whoever asks while a value is
 * read waits for the same read.
 * @param maxAgeMs how long after a read has begun its value is used; a failed read is not used again
 * @param most how many values are kept; of more, the one that was read first is forgotten
 */
export function sharedReads<Value>(
  read: (name: string) => Promise<Value>,
  maxAgeMs: number,
  most: number,
): (name: string) => Promise<Value> {
  const reads = new Map<string, { begunAt: number; value: Promise<Value> }>();
  return (name) => {
    const known = reads.get(name);
    if (known && performance.now() - known.begunAt < maxAgeMs) return known.value;
    const begun = { begunAt: performance.now(), value: read(name) };
    begun.value.catch(() => {
      if (reads.get(name) === begun) reads.delete(name);
    });
    reads.delete(name); // so that the map has them in the order of their reads
    reads.set(name, begun);
    const [first] = reads.size > most ? reads.keys() : [];
    if (first !== undefined) reads.delete(first);
    return begun.value;
  };
}
