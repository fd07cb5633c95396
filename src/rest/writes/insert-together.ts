import type { Document } from 'mongodb';
import { writeErrorsOf } from '../../error-code.ts';
import { chargedCollection } from '../charged.ts';
import { sharedBy, type Trace } from '../http/trace.ts';
import { inOneTurn } from '../one-turn.ts';
import type { Resource } from '../resource-description.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';

/** Stores a new document by a command of its own. @throws {Problem} 503 if it waited for a lock too long; else what the driver throws */
export async function insertAlone(
  resource: Pick<Resource, 'collection' | 'maxTimeMS'>,
  document: Document,
): Promise<void> {
  await withinWriteLimit(resource.collection.insertOne(document, writeLimit(resource)));
}

interface Insert {
  document: Document;
  trace: Trace | undefined;
}

/**
 * Compiles a function that stores a new document, with the id that it has.
 * Requests that arrive in one turn of the event loop share one command, and each gets the outcome of its own document. Where
 * a unique index could have one document wait for the transaction of another, each has a command of its own.
 * @throws {Problem} 503 if the write waited for a lock too long; else what the driver throws
 */
export function insertTogether(resource: Pick<Resource, 'collection' | 'maxTimeMS' | 'definition'>) {
  const { collection, definition } = resource;

  const insertOne = (document: Document, trace?: Trace) =>
    insertAlone({ ...resource, collection: chargedCollection(collection, trace) }, document);
  if (definition.indexes.some(({ unique }) => unique)) return insertOne;

  /** @returns the indexes of the documents that the database refused; all others are stored */
  const insertMany = async (together: readonly Insert[]): Promise<ReadonlySet<number>> => {
    const documents = together.map(({ document }) => document);
    const charged = sharedBy(together.map(({ trace }) => trace));
    try {
      await chargedCollection(collection, charged).insertMany(documents, { ordered: false, ...writeLimit(resource) });
      return new Set();
    } catch (error) {
      return new Set(writeErrorsOf(error).map(({ index }) => index));
    }
  };

  const insert = inOneTurn<Insert, void>(async (together) => {
    const refused = together.length === 1 ? new Set([0]) : await insertMany(together);
    for (const [index, { document, trace, resolve }] of together.entries())
      // Stored by itself, a refused document gets the whole error, which a batch cuts short.
      resolve(refused.has(index) ? insertOne(document, trace) : undefined);
  });
  return (document: Document, trace?: Trace): Promise<void> => insert({ document, trace });
}
