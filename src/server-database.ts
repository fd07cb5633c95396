import type { Logger } from 'pino';
import { openDatabase, type Database } from './database/index.ts';
import type { Settings } from './settings.ts';

/** Opens the database of a server. @throws {OperatorError} if it cannot be used */
export const openForServer = (settings: Settings, logger: Logger): Promise<Database> =>
  openDatabase(settings, { share: false, impatient: true }, (line) => logger.info(line));
