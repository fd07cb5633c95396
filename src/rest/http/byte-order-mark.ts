const MARK = Buffer.from('\u{FEFF}');

/** Removes the byte order mark that a text in UTF-8 may begin with (RFC 8259, section 8.1). */
export const withoutMark = (text: Buffer): Buffer =>
  text.subarray(0, MARK.length).equals(MARK) ? text.subarray(MARK.length) : text;

/** Removes it from a text that arrives in pieces, wherever they are cut. */
export async function* withoutMarkAhead(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let beginning = Buffer.alloc(0);
  let isAhead = true;
  for await (const piece of pieces) {
    if (isAhead) {
      beginning = Buffer.concat([beginning, piece]);
      isAhead = beginning.length < MARK.length;
      if (!isAhead) yield withoutMark(beginning);
    } else yield piece;
  }
  if (isAhead) yield beginning;
}
