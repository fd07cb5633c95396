import type { Db, Document } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';

/** From this wire version (8.1) on, MongoDB has an option to keep empty timestamps. Otherwise it replaces them by the time. */
const WIRE_VERSION_8_1 = 26;

/** What failed, by the server's answer to an insert. */
interface Failures {
  writeErrors?: { index: number; code: number; errmsg: string }[];
  writeConcernError?: { errmsg: string };
}

/** The server did not store a document. */
export class Refused extends Error {
  /** The place of the first document that was not stored, counted from 0 within the batch. */
  readonly index: number;
  readonly code: number | undefined;

  constructor(index: number, message: string, code?: number) {
    super(message);
    this.index = index;
    this.code = code;
  }
}

interface Insertion {
  /** Whether the server checks every document, as for buckets of a time series. */
  isChecked?: boolean;
  /** Whether they are buckets that are inserted by the name of the time series. */
  rawData?: boolean;
}

/** Fields of an insert command that keep the documents as they are. */
export async function insertOptions(db: Db, { isChecked = false, rawData = false }: Insertion = {}): Promise<Document> {
  const { maxWireVersion = 0 } = await db.command({ hello: 1 });
  return {
    ordered: true,
    bypassDocumentValidation: !isChecked,
    writeConcern: { w: 'majority', j: true },
    ...(rawData && { rawData }),
    ...(maxWireVersion >= WIRE_VERSION_8_1 && { bypassEmptyTsReplacement: true }),
  };
}

/**
 * Inserts documents byte for byte, in their order, and stops at the first that fails.
 * @throws {Refused} naming that document
 */
export async function insertRaw(db: Db, collection: string, documents: readonly Buffer[], options: Document) {
  const sequence = new DocumentSequence('documents');
  for (const document of documents) sequence.push(document, document);
  const { writeErrors, writeConcernError }: Failures = await db.command({
    insert: collection,
    documents: sequence,
    ...options,
  });
  const [first] = writeErrors ?? [];
  if (first !== undefined) throw new Refused(first.index, first.errmsg, first.code);
  if (writeConcernError) throw new Error(writeConcernError.errmsg);
}
