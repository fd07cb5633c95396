import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { MongoMemoryServer } from 'mongodb-memory-server';
import { makeFolder } from '../folder.ts';
import { messageOf, OperatorError, systemReason } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { isAlive } from '../lease/index.ts';
import { discardClaim, readClaim, readText, replaceClaim, tryClaim, type Claim } from './claim.ts';
import { launch, uriOf } from './launch.ts';
import { findBinary, type DatabaseProgram } from './mongod.ts';
import type { Report } from './report.ts';

/** A database process that belongs to an instance folder. */
export interface EmbeddedDatabase {
  uri: string;
  /** Process id of the database, where it is known. */
  pid: number | undefined;
  /** One line for the operator: which program serves which files. */
  description: string;
  /** Ends the database, if this process started it, and waits for that. */
  stop: () => Promise<void>;
}

interface Options extends Pick<Settings, 'instancePath' | 'mongodBinary' | 'cacheHome'> {
  /** Whether a database that another process started there may be used too. */
  share: boolean;
  report: Report;
}

const PATIENCE_MS = 15_000;
/** How often it is tried to start a database again, and each how many tries the log says that it fails. */
const RESTART_MS = 500;
const RESTARTS = 20;
/** How long a database may take to end in order while this process exits, and how long it looks between. */
const EXIT_MS = 2000;
const WAIT_MS = 10;

/**
 * Starts a database on the files in `data` of an instance folder, or joins the one that runs there.
 * The claim in `embedded.json` says which process uses the files. If that process was killed, this one takes over.
 * A database process that ends by itself is started again at the same address.
 * @throws {OperatorError} when a running process keeps the files, or no database can be had
 */
export async function openEmbedded(options: Options): Promise<EmbeddedDatabase> {
  try {
    return await claimAndOpen(options);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new OperatorError(
      `The instance folder ${options.instancePath} cannot be used: ${reason}. Free some space there, or set ` +
        'INSTANCE_PATH to a folder that you can write to.',
    );
  }
}

async function claimAndOpen(options: Options): Promise<EmbeddedDatabase> {
  const { instancePath, share } = options;
  const data = join(instancePath, 'data');
  const path = claimPath(instancePath);
  makeFolder(data);
  let claim: Claim | undefined;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
    if (tryClaim(path)) return start(data, path, options);
    claim = readClaim(path);
    if (claim === undefined) continue;
    const { owner, pid, uri } = claim;
    const running = uri !== undefined && (await answers(uri));
    if (isOther(owner) && !share && (running || uri === undefined)) break;
    if (isOther(owner) && running) return joined(uri, pid, `the database that process ${owner} runs on ${data}`);
    if (isOther(owner) && isOther(pid ?? owner)) continue; // it is starting or stopping
    if (running && pid !== undefined)
      process.kill(pid); // its owner was killed
    else if (!isOther(pid ?? owner)) discardClaim(path, claim);
  }
  throw new OperatorError(
    `${data} is in use by process ${claim?.owner}. Stop that process, or name another folder in INSTANCE_PATH, or a ` +
      `database in MONGODB_URI. If that process has nothing to do with this project, delete ${path}.`,
  );
}

/** Where the database of an instance folder runs, `undefined` if it does not. */
export async function runningAt(instancePath: string): Promise<string | undefined> {
  const uri = readClaim(claimPath(instancePath))?.uri;
  return uri !== undefined && (await answers(uri)) ? uri : undefined;
}

const claimPath = (instancePath: string) => join(instancePath, 'embedded.json');

const joined = (uri: string, pid: number | undefined, description: string): EmbeddedDatabase => ({
  uri,
  pid,
  description,
  stop: async () => {},
});

async function start(data: string, path: string, { report, ...settings }: Options): Promise<EmbeddedDatabase> {
  let server: MongoMemoryServer | undefined;
  let stopping = false;
  const onExit = () => {
    stopping = true;
    endNow(server?.instanceInfo?.instance.mongodProcess?.pid);
    rmSync(path, { force: true });
  };
  process.prependOnceListener('exit', onExit);
  const stop = async () => {
    stopping = true;
    await server?.stop({ doCleanup: false });
    rmSync(path, { force: true });
    process.off('exit', onExit);
  };
  try {
    const binary = await findBinary({ ...settings, madeBy: madeBy(data) }, report);
    const run = async (port?: number) => {
      server = await launch(binary, { dbPath: data, ...(port !== undefined && { port }) });
      const { instance, port: given } = server.instanceInfo ?? {};
      const pid = instance?.mongodProcess?.pid;
      instance?.mongodProcess?.once('exit', () => {
        if (stopping) return;
        report('The embedded database ended by itself; starting it again.');
        void restart(given);
      });
      const uri = uriOf(server, binary);
      replaceClaim(path, { owner: process.pid, uri, ...(pid !== undefined && { pid }) });
      return { uri, pid };
    };
    /** Starts it again at the same port, as soon as that is free, and there is room on the disk. */
    const restart = async (port: number | undefined) => {
      for (let tries = 1; !stopping; tries += 1)
        try {
          await run(port);
          return;
        } catch (error) {
          if (tries % RESTARTS === 1)
            report(
              `It cannot be started again now: ${messageOf(error)} Look whether the disk is full. It is tried again.`,
            );
          await sleep(RESTART_MS);
        }
    };
    const { uri, pid } = await run();
    writeFileSync(join(data, 'engine'), binary.program, { mode: 0o600 });
    return {
      uri,
      pid,
      description: `${binary.program} from ${binary.origin}, with its files in ${data}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends a database while this process exits, when nothing can be awaited any more. */
function endNow(pid: number | undefined): void {
  if (pid === undefined) return;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waits = 0; waits < EXIT_MS / WAIT_MS && isAlive(pid); waits += 1) {
    if (waits === 0) process.kill(pid);
    Atomics.wait(clock, 0, 0, WAIT_MS);
  }
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** Which program made the files: the other cannot read them. */
function madeBy(data: string): DatabaseProgram | undefined {
  const text = readText(join(data, 'engine'));
  return text === 'mongod' || text === 'SecantusDB' ? text : undefined;
}

/** In a container every start has the same process id: a claim with our own id was left by an earlier start. */
const isOther = (pid: number) => pid !== process.pid && isAlive(pid);

async function answers(uri: string): Promise<boolean> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1000 });
  return client
    .db()
    .command({ hello: 1 }) // to a ping it says whether its disk is full
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.close());
}
