import cluster from 'node:cluster';
import { Command } from 'commander';
import { pino, type Logger } from 'pino';
import { readCertificate } from './certificate.ts';
import { describeSettings, loadSettings, warnOfOpenFile } from './config.ts';
import { endBy, onEnding, outliveReaders } from './interruption.ts';
import { printable } from './operator-error.ts';
import { plainLine } from './plain-log.ts';
import type { ResourceDeclaration } from './rest/index.ts';
import type { Serving } from './serve.ts';
import { openForServer } from './server-database.ts';
import { stopTimes, type Settings } from './settings.ts';
import { errorForLog } from './telemetry/index.ts';
import { givenSettings, tellPrimary } from './worker.ts';

/**
 * Serves resources with the settings, in this process or in several, until it gets a signal to end. A failure is printed in
 * one line. A worker, which runs the same program, leaves it to its primary to say so.
 */
export async function runServer(resources?: readonly ResourceDeclaration[]): Promise<void> {
  outliveReaders();
  try {
    new Command('npm start --')
      .description('Serves the engine registry over HTTP. All settings come from a file and the environment.')
      .addHelpText('after', `\n${describeSettings()}`)
      .parse();
    const settings = cluster.isWorker ? await givenSettings() : loadSettings();
    const logger = pino({ level: settings.logLevel, serializers: { err: errorForLog } }, output(settings.logFormat));
    const warning = cluster.isPrimary ? warnOfOpenFile(settings) : undefined;
    if (warning !== undefined) logger.warn(warning);
    process.on('uncaughtException', failure(logger, 'the process ends, because nothing has handled an error'));
    const begun = onSignalsStop(settings, logger);
    const { url, stop, failed } = await begin(settings, logger, resources);
    begun(stop);
    if (cluster.isPrimary) logger.info({ url }, 'listening');
    await failed;
  } catch (error) {
    if (cluster.isWorker) await tellPrimary(error);
    else console.error(printable(error));
    process.exit(1);
  }
}

/** Ends this process because of an error, which the log tells. */
const failure = (logger: Logger, message: string) => (err?: unknown) => {
  logger.fatal({ err }, message);
  process.exit(1);
};

/**
 * Has signals end this process: the first one in order, unless the process is still starting; another one at once.
 * @returns what is to be called when the process has started
 */
function onSignalsStop(settings: Settings, logger: Logger): (stop: Serving['stop']) => void {
  const info = cluster.isPrimary ? logger.info.bind(logger) : () => {};
  const { delayMs, graceMs } = stopTimes(settings);
  let end: Serving['stop'] | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (!end) return endBy(signal);
    info({ signal }, 'stopping');
    setTimeout(failure(logger, 'did not stop in time'), delayMs + graceMs);
    end()
      .then(() => info('stopped'))
      .then(() => process.exit(0), failure(logger, 'did not stop cleanly'));
  };
  // Workers get the signals of a terminal from there and from the primary, which ends them with itself.
  onEnding(stop, (signal) => cluster.isPrimary && endBy(signal));
  return (stop) => (end = stop);
}

/** Loads what serves while the database opens: if it is the embedded one, both take half of the start. */
async function begin(
  settings: Settings,
  logger: Logger,
  resources: readonly ResourceDeclaration[] | undefined,
): Promise<Serving> {
  readCertificate(settings.tls); // whoever serves does so, but a fault is said before anything is started
  const opening = openForServer(settings, logger);
  opening.catch(() => {}); // whoever serves hears of it
  if (settings.workers > 1 && cluster.isPrimary) {
    const { serveByWorkers } = await import('./cluster.ts');
    return serveByWorkers(settings, logger, resources, opening);
  }
  const { serve } = await import('./serve.ts');
  return serve(settings, logger, resources, { isPrepared: cluster.isWorker, opening });
}

/** What several processes write to one pipe at once stays whole up to this size, in bytes: pipe(7). */
const PIPE_BUF = 4096;

/**
 * Sends the log to stdout. If stdout cannot be written any more, because its terminal is closed or its disk is full, the
 * server goes on without a log. By default pino would end the process, and SonicBoom would retry the write for ever.
 */
function output(format: Settings['logFormat']) {
  const stream = pino.destination({ sync: false, ...(cluster.isWorker && { maxWrite: PIPE_BUF }) });
  stream.on('error', () => Object.assign(stream, { write() {}, flushSync() {} }));
  const isPlain = format === 'plain' || (format === 'auto' && process.stdout.isTTY);
  return isPlain ? { write: (line: string) => stream.write(plainLine(line)) } : stream;
}
