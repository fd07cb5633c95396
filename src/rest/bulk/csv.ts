/** A cell with the comma or the end of the record after it (RFC 4180, section 2). */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)/y;

/** The cells of one record; undefined if a quote makes it invalid. */
export function parseRecord(record: string): string[] | undefined {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (let match = CELL.exec(record); match; match = CELL.exec(record)) {
    const [, quoted, bare = '', end] = match;
    cells.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === '') return cells;
  }
  return undefined;
}

/** The record of these cells, with its line break. */
export const writeRecord = (cells: readonly string[]): string => `${cells.map(quote).join(',')}\r\n`;

const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
