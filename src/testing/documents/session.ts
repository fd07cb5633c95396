import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../config.ts';
import { atEnd } from '../cleanup.ts';
import { temporaryFolder } from '../processes.ts';

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

/** What differs from run to run: ids, times, UUIDs, entity tags. */
const VARYING = [
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

const SERVER = 'http://127.0.0.1:3000';
const STARTS = /^(?:npm start|node dist\/server\.js)\b/;
const EXPORT = /^export (\w+)=(\S+)$/;
/** CI runs these as they are written; here all is installed. */
const RUN_ELSEWHERE = /^npm (?:ci|test)\b/;

/** A copy of the project in which the commands of a document are run, one after the other, on a database of their own. */
export class DocumentedSession {
  readonly #varying = new Varying();
  readonly #folder = copyOfProject();
  readonly #env: Record<string, string>;
  #url: Promise<string> | undefined;
  /** Ends the server, as Ctrl-C does. */
  #stop = async () => {};

  constructor(env: Record<string, string>) {
    const { PATH = '', HOME = '', XDG_CACHE_HOME = '' } = process.env;
    writeFileSync(join(this.#folder, '.curlrc'), 'silent\n'); // its progress is for terminals
    const here = { PATH, HOME, XDG_CACHE_HOME, CURL_HOME: this.#folder };
    this.#env = { ...here, npm_config_loglevel: 'silent', PORT: '0', ...env };
  }

  /** Runs a command. @throws {Error} if it prints something else than it should, or fails where it shows nothing */
  async run({ command, expected }: Command): Promise<void> {
    if (RUN_ELSEWHERE.test(command)) return;
    const [, name, value = ''] = EXPORT.exec(command) ?? [];
    if (name !== undefined) return this.#set(name, value);
    if (STARTS.test(command)) {
      await this.#stop();
      return void (await (this.#url = this.#start(command)));
    }
    let line = this.#varying.replace(command);
    if (line.includes(SERVER)) line = line.replaceAll(SERVER, await (this.#url ??= this.#start('npm start')));
    const { code, output } = await this.#shell(line);
    const isRight = expected === undefined ? code === 0 : this.#varying.isPrinted(expected, output);
    if (!isRight)
      throw new Error(`$ ${line}\n${output}\n(exit code ${code}) where the document has\n${expected ?? 'success'}`);
  }

  /** Writes a file of the document, or applies a change that it shows. */
  async write({ language, path, text }: Block): Promise<void> {
    if (path !== undefined) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      return writeFileSync(join(this.#folder, path), text);
    }
    if (language !== 'diff') return;
    const { code, output } = await this.#shell('git apply --recount -', text);
    if (code !== 0) throw new Error(`${output}\n${text}`);
  }

  /** A database that a document names is another one than the first, on the same server. */
  #set(name: string, value: string): void {
    const given = this.#env['MONGODB_URI'];
    if (name !== 'MONGODB_URI' || given === undefined) return void (this.#env[name] = value);
    const uri = new URL(given);
    uri.pathname += new URL(value).pathname.replace('/', '-');
    this.#env[name] = uri.href;
  }

  async #shell(command: string, input?: string): Promise<{ code: number | null; output: string }> {
    const child = this.#spawn(`{ ${command}\n} 2>&1`, input === undefined ? 'ignore' : 'pipe');
    child.stdin?.end(input);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output: output.replaceAll('\r', '') };
  }

  #spawn(command: string, stdin: 'ignore' | 'pipe' = 'ignore') {
    // A group of its own, which ends as a whole: npm would leave behind what it started.
    const child = spawn('sh', ['-c', command], {
      cwd: this.#folder,
      env: this.#env,
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
    });
    atEnd(() => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL');
    });
    return child;
  }

  #start(command: string): Promise<string> {
    const child = this.#spawn(command);
    const closed = new Promise((resolve) => child.once('close', resolve));
    this.#stop = async () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
      await closed;
    };
    return new Promise((resolve, reject) => {
      if (child.stdout)
        createInterface({ input: child.stdout }).on('line', (line) => {
          const { url }: { url?: string } = JSON.parse(line);
          if (url !== undefined) resolve(url);
        });
      child.once('close', (code) => reject(new Error(`${command} ended with ${code}`)));
    });
  }
}

/** What the commands of the documents need. */
const PARTS = [
  'src',
  'migrations',
  'package.json',
  'typescript.js',
  'engines.js',
  'tsconfig.json',
  'tsconfig.build.json',
  'migrate-mongo-config.js',
  'migrate-mongo-config.ts',
];

function copyOfProject(): string {
  const folder = temporaryFolder();
  for (const part of PARTS) cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
