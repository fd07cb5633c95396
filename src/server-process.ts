import { Command } from 'commander';
import { pino } from 'pino';
import { describeSettings, loadSettings } from './config.ts';
import { onEnding, outliveReaders } from './interruption.ts';
import { printable } from './operator-error.ts';
import { RESOURCES } from './models.ts';
import { plainLine } from './plain-log.ts';
import { serve } from './serve.ts';
import type { Settings } from './settings.ts';

/** Serves resources in this process, with its settings, until it gets a signal to end. A failure is printed in one line. */
export async function runServer(resources = RESOURCES): Promise<void> {
  outliveReaders();
  try {
    new Command('npm start --')
      .description('Serves the engine registry over HTTP. All settings come from a file and the environment.')
      .addHelpText('after', `\n${describeSettings()}`)
      .parse();
    const settings = loadSettings();
    const logger = pino({ level: settings.logLevel }, output(settings.logFormat));
    // A signal during the start ends the process at once; the database notices and ends too.
    const { url, stop } = await serve(settings, logger, resources);
    onEnding((signal) => {
      logger.info({ signal }, 'stopping');
      stop()
        .then(() => logger.info('stopped'))
        .then(
          () => process.exit(0),
          (error: unknown) => {
            logger.error({ err: error }, 'did not stop cleanly');
            process.exit(1);
          },
        );
    });
    logger.info({ url }, 'listening');
  } catch (error) {
    console.error(printable(error));
    process.exit(1);
  }
}

/**
 * Sends the log to stdout. If stdout cannot be written any more, because its terminal is closed or its disk is full, the
 * server goes on without a log. By default pino would end the process, and SonicBoom would retry the write for ever.
 */
function output(format: Settings['logFormat']) {
  const stream = pino.destination({ sync: false });
  stream.on('error', () => Object.assign(stream, { write() {}, flushSync() {} }));
  const isPlain = format === 'plain' || (format === 'auto' && process.stdout.isTTY);
  return isPlain ? { write: (line: string) => stream.write(plainLine(line)) } : stream;
}
