/** Far more than any document of a model has. Some of what reads a body recurses, and must not run out of stack. */
export const MOST_LEVELS = 32;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Whether arrays and objects lie in one another too deep in a JSON text. It need not be valid. */
export function isTooDeep(text: string): boolean {
  if (text.length <= MOST_LEVELS) return false;
  let depth = 0;
  let isText = false;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) isText = !isText;
    else if (isText) place += Number(code === BACKSLASH);
    else if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code)) depth -= 1;
    if (depth > MOST_LEVELS) return true;
  }
  return false;
}
