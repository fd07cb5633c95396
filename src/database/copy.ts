import type { Db } from 'mongodb';
import { OperatorError } from '../operator-error.ts';
import { flawOf } from './backup/choose.ts';
import { describeCollections, isConstrained, type Description } from './backup/collections.ts';
import { storedBatches } from './backup/documents.ts';
import { createIndexes } from './backup/indexes.ts';
import { create } from './backup/prepare.ts';
import { insertOptions, insertRaw, Refused } from './backup/raw-insert.ts';

/**
 * Copies every collection and view with documents, indexes, validators and options; documents byte for byte, also those
 * that break their validator. Of a time series the measurements are copied, whatever buckets they lie in.
 * @param signal ends it before its next write
 * @param report is told what is left out, as it cannot be copied as it is
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
    const flaw = flawOf(one);
    if (flaw === undefined) all.push(one);
    else report(`Not in the copy: ${one.name}, as it ${flaw}.`);
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
 * @param isChecked whether the server lets no documents in there unchecked
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
