import { types } from 'node:util';
import type { FindCursor } from 'mongodb';
import { CursorResponse } from 'mongodb/lib/cmap/wire_protocol/responses.js';

/** A name of a member in an array, as "17", is between two documents of a batch. */
const TYPE = 1;
const LENGTH = 4;

/**
 * Takes the documents that a raw cursor has received, and gives them when they are asked for.
 * The driver's own `readBufferedDocuments` takes every document apart, field by field, to find its end, which would be
 * most of the work of a backup. It is what is left where the driver keeps the server's answer otherwise.
 */
export function takeBatch(cursor: FindCursor): () => Uint8Array[] {
  const response: unknown = Reflect.get(cursor, 'documents');
  if (!(response instanceof CursorResponse) || !types.isUint8Array(response.batch.bson)) {
    const documents = cursor.readBufferedDocuments().filter((document) => types.isUint8Array(document));
    return () => documents;
  }
  const { bson, offset } = response.batch;
  response.clear();
  return () => documentsIn(Buffer.from(bson.buffer, bson.byteOffset, bson.byteLength), offset);
}

/** @param offset where an array of documents begins. See bsonspec.org */
function documentsIn(bson: Buffer, offset: number): Uint8Array[] {
  const documents: Uint8Array[] = [];
  const end = offset + bson.readInt32LE(offset) - 1;
  for (let at = offset + LENGTH; at < end;) {
    const start = bson.indexOf(0, at + TYPE) + 1;
    at = start + bson.readInt32LE(start);
    documents.push(bson.subarray(start, at));
  }
  return documents;
}
