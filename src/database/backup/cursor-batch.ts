import { types } from 'node:util';
import type { FindCursor } from 'mongodb';
import { CursorResponse } from 'mongodb/lib/cmap/wire_protocol/responses.js';

/** Between two documents of a batch are a byte for the type, and the document's place in the array as text: "17". */
const TYPE = 1;
const LENGTH = 4;

/**
 * Takes the documents that a raw cursor has received, and returns a function that gives them.
 * The driver's own `readBufferedDocuments` parses every document, field by field, to find its end. That would be most of the
 * work of a backup, so it is used only if the driver keeps the server's answer in another form.
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
