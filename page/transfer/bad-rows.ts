import type { Flaw } from '../problem.ts';
import type { Pieces, Piece } from './pieces.ts';
import { FORMATS } from './format.ts';
import type { Report } from './send.ts';
import type { Wanted } from './import-run.ts';

/** What is wrong with one row. */
export interface BadRow {
  /** Its line, or its index in a JSON array. */
  place: number;
  errors: readonly Flaw[];
}

/** More are only counted, and in the files. */
const SHOWN = 100;

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** The rows that were rejected. The browser may keep all but the first on its disk, because there may be very many. */
export class BadRows {
  readonly shown: BadRow[] = [];
  readonly #pieces: Pieces;
  readonly #wanted: Pick<Wanted, 'file' | 'format'>;
  #reasons = new Blob(['"place","field","rule","reason"\r\n']);
  #records: Blob[] = [];

  constructor(pieces: Pieces, wanted: Pick<Wanted, 'file' | 'format'>) {
    this.#pieces = pieces;
    this.#wanted = wanted;
  }

  /** Adds those of a piece. */
  async add(piece: Piece, rows: Report['rows']): Promise<void> {
    if (rows.length === 0) return;
    const bad = rows.map(({ line, index, errors }) => ({ place: (line ?? index ?? 0) + piece.shift, errors }));
    this.shown.push(...bad.slice(0, SHOWN - this.shown.length));
    const lines = bad.flatMap(({ place, errors }) =>
      errors.map(({ pointer = '', keyword, detail }) =>
        [String(place), pointer, keyword, detail].map(quoted).join(','),
      ),
    );
    this.#reasons = new Blob([this.#reasons, `${lines.join('\r\n')}\r\n`]);
    this.#records.push(...(await this.#pieces.recordsAt(piece, new Set(bad.map(({ place }) => place)))));
  }

  /** What is wrong with which row, as CSV. */
  reasons(): File {
    return new File([this.#reasons], `${this.#name()}-reasons.csv`, { type: 'text/csv' });
  }

  /** The rows themselves, as they were, so that they can be corrected and imported. */
  rows(): File {
    const { extension, mediaType } = FORMATS[this.#wanted.format];
    return new File([this.#pieces.fileOf(this.#records)], `${this.#name()}-rejected.${extension}`, { type: mediaType });
  }

  #name = () => this.#wanted.file.name.replace(/\.[^.]+$/, '');
}
