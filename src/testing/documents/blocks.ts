import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One fenced block of a document. */
export interface Block {
  language: string;
  /** Behind the language: the file that the block is. */
  path: string | undefined;
  text: string;
  /** The line that it begins on. */
  line: number;
}

/** A command as a document shows it, with what it prints there; `undefined` where only its success is claimed. */
export interface Command {
  command: string;
  expected: string | undefined;
}

/** The fenced blocks of a Markdown text that name a language. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: path, 3: text = '', index }) => ({
      language,
      path,
      text,
      line: markdown.slice(0, index).split('\n').length,
    }),
  );
}

/** The commands of a block: in `console` those behind a `$`, in `sh` every line. */
export function commandsOf({ language, text }: Block): Command[] {
  if (language === 'sh')
    return text
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => !/^\s*(#|$)/.test(line))
      .map((command) => ({ command, expected: undefined }));
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...printed] = part.trimEnd().split('\n');
      return { command, expected: printed.join('\n') };
    });
}

/** Writes the file that a block is, in a folder. */
export function writeBlock(folder: string, { path = '', text }: Block): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
