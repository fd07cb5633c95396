import { basename } from 'node:path';
import { interruption } from '../../interruption.ts';
import { messageOf, OperatorError } from '../../operator-error.ts';
import { listArchive, readArchive, type Listed, type Chunk } from './archive.ts';
import { chooseDatabase } from './choose-database.ts';
import { parseMetadata, type Description } from './collections.ts';
import { Crc64 } from './crc64.ts';
import { ContentsSum } from './digest.ts';
import type { Dump, Dumped } from './dump-folder.ts';
import { BUCKETS, fileStem, isLeftAlone } from './layout.ts';
import { describeOplog, writesTo } from './oplog.ts';
import type { Defect } from './read-folder.ts';
import type { Part } from './verify-files.ts';

/** A collection of the database: what has been read of it so far. */
interface Reading {
  description: Description;
  sum: ContentsSum;
  crc: Crc64;
}

/**
 * Reads a database of an archive that mongodump has made, plain or compressed, in one pass: every document, and whether
 * each collection is there to its end and has the checksum that mongodump gave it.
 * @throws {OperatorError} if it is not an archive, holds no database, or holds several and `from` names none of them
 */
export async function readDumpArchive({ path, from, defects, watch }: Dump): Promise<Dumped> {
  const listed = await listArchive(path).catch((error: unknown) => {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${path} cannot be read: ${messageOf(error)}. Use another backup.`, { cause: error });
  });
  const databases = [...new Set(listed.map((one) => one.database))].filter((name) => name !== '').toSorted();
  const database = chooseDatabase(path, databases, from);
  const isTaken = (one: Listed | Chunk) =>
    [database, ''].includes(one.database) && !isLeftAlone(fileStem(one.collection)) && !isOplog(one);
  const others = listed.filter((one) => one.database === database && !isTaken(one)).map(namespaceOf);
  const leftAlone = [...others, ...databases.filter((name) => name !== database)];
  if (leftAlone.length > 0)
    watch.report(`Left alone, because they are not part of ${database}: ${leftAlone.join(', ')}.`);
  const readings = describe(listed.filter(isTaken), defects);
  const unended = new Set(listed.map(namespaceOf));
  const progress = watch.progress('Verifying the archive', undefined);
  let writes = 0;
  try {
    for await (const chunk of readArchive(path)) {
      progress.advance(chunk.documents.length);
      const namespace = namespaceOf(chunk);
      if (!unended.has(namespace))
        throw new Error(`it has documents of ${namespace} that are not in its list, or come after their end`);
      if (isOplog(chunk)) writes += writesTo(database, chunk.documents);
      const { sum, crc } = readings.get(namespace) ?? {};
      for (const document of chunk.documents) {
        sum?.add(document);
        crc?.add(document);
      }
      if (chunk.crc === undefined) continue;
      unended.delete(namespace);
      if (crc && crc.value !== chunk.crc)
        defects.push({ where: namespace, problem: 'has been changed since it was dumped: its CRC differs' });
    }
    for (const where of unended) defects.push({ where, problem: 'is incomplete: its end is not in the archive' });
    if (listed.some(isOplog)) watch.report(describeOplog(writes, database));
  } catch (error) {
    interruption().throwIfAborted(); // an interruption is not a defect of the archive
    defects.push({ where: basename(path), problem: messageOf(error) });
  } finally {
    progress.stop();
  }

  const readAll = (names: readonly string[]) => partsOf(path, readings, names);
  const collections = [...readings.values()].map(({ description, sum }) => ({
    ...description,
    ...sum.contents,
    read: () => documentsOf(readAll([description.name])),
  }));
  return { database, collections: collections.toSorted((left, right) => (left.name < right.name ? -1 : 1)), readAll };
}

/** The documents of the named collections, in the order of the archive. */
async function* partsOf(
  path: string,
  readings: ReadonlyMap<string, Reading>,
  names: readonly string[],
): AsyncGenerator<Part> {
  const left = new Set(names);
  for await (const chunk of readArchive(path)) {
    const name = readings.get(namespaceOf(chunk))?.description.name;
    if (name === undefined || !left.has(name)) continue;
    const isLast = chunk.crc !== undefined;
    yield { name, documents: chunk.documents, isLast };
    if (isLast) left.delete(name);
    if (left.size === 0) return;
  }
}

async function* documentsOf(parts: AsyncIterable<Part>): AsyncGenerator<Buffer[]> {
  for await (const { documents } of parts) if (documents.length > 0) yield documents;
}

/** What `mongodump --oplog` keeps in an archive, beside the databases. */
const isOplog = ({ database, collection }: Listed | Chunk): boolean => database === '' && collection === 'oplog';

/** As `fleet.engines`. MongoDB before 8.3 keeps the documents of a time series under another name, which is translated. */
function namespaceOf({ database, collection }: Listed | Chunk): string {
  const name = collection.startsWith(BUCKETS) ? collection.slice(BUCKETS.length) : collection;
  return database === '' ? name : `${database}.${name}`;
}

/** @returns the collections by their namespaces */
function describe(listed: readonly Listed[], defects: Defect[]): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const one of listed) {
    const where = namespaceOf(one);
    try {
      if (one.metadata === '') throw new Error('is data of an unknown kind');
      if (readings.has(where)) throw new Error('is listed twice');
      const description = parseMetadata(one.metadata, fileStem(one.collection));
      readings.set(where, { description, sum: new ContentsSum(), crc: new Crc64() });
    } catch (error) {
      defects.push({ where, problem: messageOf(error) });
    }
  }
  return readings;
}
