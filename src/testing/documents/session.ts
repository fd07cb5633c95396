import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from '../cleanup.ts';
import { writeBlock, type Block, type Command } from './blocks.ts';
import { copyOfProject } from './project.ts';
import { Varying } from './varying.ts';

const SERVER = 'http://127.0.0.1:3000';
const STARTS = /^(?:\w+=\S+ )*(?:npm start|node dist\/server\.js)\b/;
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
  async write(block: Block): Promise<void> {
    const { language, text } = block;
    if (block.path !== undefined) return writeBlock(this.#folder, block);
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
