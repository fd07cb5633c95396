/** The driver's own view of an answer to `find` and `getMore`. */
declare module 'mongodb/lib/cmap/wire_protocol/responses.js' {
  export class CursorResponse {
    /** An array of documents, from `offset` on in the bytes of the answer. */
    readonly batch: { bson: Uint8Array; offset: number };
    /** Makes it empty. */
    clear(): void;
  }
}

/** The driver's own carrier of documents that are serialised already; it has no public one. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string);
    push(document: object, bytes: Uint8Array): number;
  }
}
