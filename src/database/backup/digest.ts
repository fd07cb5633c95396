import { hash } from 'node:crypto';

/** What identifies the documents of a collection, in any order. */
export interface Contents {
  documents: number;
  /** Bytes of BSON. */
  bytes: number;
  /** The sum of the documents' SHA-256, each taken as eight 32-bit numbers; 64 hex digits. */
  digest: string;
}

/** Computes the contents, one document after another. */
export class ContentsSum {
  #documents = 0;
  #bytes = 0;
  readonly #sum = new Uint32Array(8);

  add(document: Uint8Array): void {
    // 'binary' gives one character for each byte. A Buffer for each digest would take three times as long as the hash.
    const digest = hash('sha256', document, 'binary');
    for (let word = 0, at = 0; word < 8; word += 1, at += 4)
      this.#sum[word] =
        (this.#sum[word] ?? 0) +
        ((digest.charCodeAt(at) << 24) |
          (digest.charCodeAt(at + 1) << 16) |
          (digest.charCodeAt(at + 2) << 8) |
          digest.charCodeAt(at + 3));
    this.#documents += 1;
    this.#bytes += document.length;
  }

  get contents(): Contents {
    const digest = Array.from(this.#sum, (word) => word.toString(16).padStart(8, '0')).join('');
    return { documents: this.#documents, bytes: this.#bytes, digest };
  }
}

/** Whether two collections hold the same documents. */
export function sameContents(left: Contents, right: Contents): boolean {
  return left.documents === right.documents && left.bytes === right.bytes && left.digest === right.digest;
}
