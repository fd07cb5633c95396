const MARK = Buffer.from('\u{FEFF}');

/** A text in UTF-8 without the byte order mark that it may begin with (RFC 8259, section 8.1). */
export const withoutMark = (text: Buffer): Buffer =>
  text.subarray(0, MARK.length).equals(MARK) ? text.subarray(MARK.length) : text;

/** The same of a text that comes in pieces, wherever they are cut. */
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
