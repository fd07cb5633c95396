import type { Db } from 'mongodb';
import { OperatorError } from '../operator-error.ts';
import { unsupportedBecause } from './backup/choose.ts';
import { describeCollections, isConstrained, type Description } from './backup/collections.ts';
import { storedBatches } from './backup/documents.ts';
import { createIndexes } from './backup/indexes.ts';
import { create } from './backup/prepare.ts';
import { insertOptions, insertRaw, Refused } from './backup/raw-insert.ts';

/**
 * Copies every collection and view with documents, indexes, validators and options. Documents are copied byte for byte, also
 * those that break their validator; for a time series its measurements are copied.
 * @param signal ends it before its next write
 * @param report hears which collections are left out, because they cannot be copied as they are
 * @throws {OperatorError} naming the collection that this server cannot make again
 */
export async function copyDatabase(
  source: Db,
  target: Db,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<void> {
  const all: Description[] = [];
  for (const one of await describeCollections(source)) {
    const reason = unsupportedBecause(one);
    if (reason === undefined) all.push(one);
    else report(`Not in the copy: ${one.name}, because it ${reason}.`);
  }
  const isView = ({ type }: Description) => type === 'view';
  for (const one of all) {
    if (isView(one)) continue;
    signal.throwIfAborted();
    await create(target, one.name, one);
    await copyDocuments(source, one.name, target, one.name, signal, one.type === 'timeseries' || isConstrained(one));
    await createIndexes(target, one.name, one);
  }
  for (const view of all.filter(isView)) await create(target, view.name, view);
}

/**
 * Copies a collection's documents into another collection.
 * @param signal ends it before its next write
 * @param isChecked whether the server checks every document that is stored there
 * @throws {OperatorError} if the server does not take one of them
 */
export async function copyDocuments(
  source: Db,
  name: string,
  target: Db,
  place: string,
  signal: AbortSignal,
  isChecked = false,
): Promise<void> {
  const options = await insertOptions(target, { isChecked });
  for await (const batch of storedBatches(source.collection(name))) {
    signal.throwIfAborted();
    await insertRaw(target, place, batch.map(toBuffer), options).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      throw new OperatorError(`A document of ${name} cannot be copied: ${error.message}.`, { cause: error });
    });
  }
}

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
