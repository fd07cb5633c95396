import { Command } from 'commander';
import { pino } from 'pino';
import { describeSettings, loadSettings } from './config.ts';
import { OperatorError } from './operator-error.ts';
import { RESOURCES } from './models.ts';
import { serve } from './serve.ts';

/** Serves resources in this process, by its settings, until it is told to end; a failure is told in one line. */
export async function runServer(resources = RESOURCES): Promise<void> {
  try {
    new Command('npm start --')
      .description('Serves the engine registry over HTTP. All settings come from a file and the environment.')
      .addHelpText('after', `\n${describeSettings()}`)
      .parse();
    const settings = loadSettings();
    const logger = pino({ level: settings.logLevel });
    // A signal during the start ends the process at once; the database notices and ends too.
    const { url, stop } = await serve(settings, logger, resources);
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.on(signal, () => {
        if (stopping) return; // Ctrl-C under npm arrives twice, from the terminal and from npm
        stopping = true;
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
    console.error(error instanceof OperatorError ? error.message : error);
    process.exit(1);
  }
}
