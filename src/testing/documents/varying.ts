/** What differs from run to run: ids, keys, times, UUIDs, entity tags. */
const VARYING = [
  String.raw`\beng_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}\b`,
  String.raw`\b[0-9a-f]{24}\b`,
  String.raw`\b\d{4}-\d\d-\d\dT[\d:.]+Z`,
  String.raw`\b[0-9a-f]{8}-[0-9a-f-]{27}\b`,
  String.raw`"[\w-]{27}\\?"`,
];
const PART = new RegExp(`(${VARYING.join('|')}|…)`);

/** What varies in a document, in the order of its commands: it is the same thing wherever it stands again. */
export class Varying {
  readonly #actual = new Map<string, string>();

  /** A text of the document with what this run has in place of what is shown. */
  replace(text: string): string {
    return [...this.#actual].reduce((changed, [shown, actual]) => changed.replaceAll(shown, actual), text);
  }

  /**
   * Whether this was printed, as far as it is the same in each run; learns what varies.
   * A line `…` stands for any lines, or none, `…` within a line for any text.
   */
  isPrinted(expected: string, printed: string): boolean {
    const names: string[] = [];
    const pattern = expected.split('\n').map((line) => {
      if (line === '…') return '(?:.*\n)*?';
      const parts = line.split(PART).map((part) => {
        if (part === '…') return '.*?';
        const kind = VARYING.find((one) => new RegExp(`^${one}$`).test(part));
        const known = this.#actual.get(part);
        if (kind === undefined || known !== undefined) return escaped(known ?? part);
        if (names.includes(part)) return `\\${names.indexOf(part) + 1}`;
        names.push(part);
        return `(${kind})`;
      });
      return `${parts.join('')}\n`;
    });
    const match = new RegExp(`^${pattern.join('')}$`).exec(`${printed.trimEnd()}\n`);
    for (const [place, shown] of names.entries()) this.#actual.set(shown, match?.[place + 1] ?? shown);
    return match !== null;
  }
}

const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
