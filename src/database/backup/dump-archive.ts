import { basename } from 'node:path';
import { interruption } from '../../interruption.ts';
import { OperatorError } from '../../operator-error.ts';
import { listArchive, readArchive, type Listed, type Run } from './archive.ts';
import { chooseDatabase } from './choose-database.ts';
import { parseMetadata, type Description } from './collections.ts';
import { Crc64 } from './crc64.ts';
import { ContentsSum } from './digest.ts';
import type { Dump, Dumped } from './dump-folder.ts';
import { BUCKETS, fileStem, isLeftAlone } from './layout.ts';
import { describeOplog, writesTo } from './oplog.ts';
import { explain, type Finding } from './read-folder.ts';
import type { Part } from './verify-files.ts';

/** A collection of the database, as far as the archive has been read. */
interface Reading {
  description: Description;
  sum: ContentsSum;
  crc: Crc64;
}

/**
 * Reads a database of an archive that mongodump has made, plain or compressed, in one pass: every document, and whether
 * each collection is there to its end and has the checksum that mongodump gave it.
 * @throws {OperatorError} if it is no archive, or holds no database, or several of which none was chosen
 */
export async function readDumpArchive({ path, from, findings, watch }: Dump): Promise<Dumped> {
  const listed = await listArchive(path).catch((error: unknown) => {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${path} cannot be read: ${explain(error)}. Use another backup.`, { cause: error });
  });
  const databases = [...new Set(listed.map((one) => one.database))].filter((name) => name !== '').toSorted();
  const database = chooseDatabase(path, databases, from);
  const isTaken = (one: Listed | Run) =>
    [database, ''].includes(one.database) && !isLeftAlone(fileStem(one.collection)) && !isOplog(one);
  const others = listed.filter((one) => one.database === database && !isTaken(one)).map(namespaceOf);
  const leftAlone = [...others, ...databases.filter((name) => name !== database)];
  if (leftAlone.length > 0) watch.report(`Left alone, as no collection of ${database}: ${leftAlone.join(', ')}.`);
  const readings = describe(listed.filter(isTaken), findings);
  const unended = new Set(listed.map(namespaceOf));
  const progress = watch.progress('Verifying the archive', undefined);
  let writes = 0;
  try {
    for await (const run of readArchive(path)) {
      progress.advance(run.documents.length);
      const namespace = namespaceOf(run);
      if (!unended.has(namespace))
        throw new Error(`it has documents of ${namespace} that it does not list, or after their end`);
      if (isOplog(run)) writes += writesTo(database, run.documents);
      const { sum, crc } = readings.get(namespace) ?? {};
      for (const document of run.documents) {
        sum?.add(document);
        crc?.add(document);
      }
      if (run.crc === undefined) continue;
      unended.delete(namespace);
      if (crc && crc.value !== run.crc)
        findings.push({ where: namespace, problem: 'is not what was dumped: its CRC differs' });
    }
    for (const where of unended) findings.push({ where, problem: 'breaks off: its end is not in the archive' });
    if (listed.some(isOplog)) watch.report(describeOplog(writes, database));
  } catch (error) {
    interruption().throwIfAborted(); // which is no fault of the archive
    findings.push({ where: basename(path), problem: explain(error) });
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
  for await (const run of readArchive(path)) {
    const name = readings.get(namespaceOf(run))?.description.name;
    if (name === undefined || !left.has(name)) continue;
    const isLast = run.crc !== undefined;
    yield { name, documents: run.documents, isLast };
    if (isLast) left.delete(name);
    if (left.size === 0) return;
  }
}

async function* documentsOf(parts: AsyncIterable<Part>): AsyncGenerator<Buffer[]> {
  for await (const { documents } of parts) if (documents.length > 0) yield documents;
}

/** What `mongodump --oplog` keeps in an archive, beside the databases. */
const isOplog = ({ database, collection }: Listed | Run): boolean => database === '' && collection === 'oplog';

/** As `fleet.engines`; MongoDB before 8.3 keeps the documents of a time series under another name than its own. */
function namespaceOf({ database, collection }: Listed | Run): string {
  const name = collection.startsWith(BUCKETS) ? collection.slice(BUCKETS.length) : collection;
  return database === '' ? name : `${database}.${name}`;
}

/** @returns the collections by their namespaces */
function describe(listed: readonly Listed[], findings: Finding[]): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const one of listed) {
    const where = namespaceOf(one);
    try {
      if (one.metadata === '') throw new Error('is data of a kind that this does not know');
      if (readings.has(where)) throw new Error('is listed twice');
      const description = parseMetadata(one.metadata, fileStem(one.collection));
      readings.set(where, { description, sum: new ContentsSum(), crc: new Crc64() });
    } catch (error) {
      findings.push({ where, problem: explain(error) });
    }
  }
  return readings;
}
