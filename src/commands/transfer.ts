import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { Connection } from 'mongoose';
import { engineModel } from '../engines/model.ts';
import { initialiseIfEmpty } from '../initialise.ts';
import { OperatorError } from '../operator-error.ts';
import type { Format } from '../rest/bulk/formats.ts';
import { Problem, type Flaw } from '../rest/problems.ts';
import { describeResource } from '../rest/resource-description.ts';
import type { Settings } from '../settings.ts';
import { withDatabase } from './context.ts';
import { exportTo } from './export.ts';
import { importFrom, STDIN } from './import.ts';

/** `db:import` and `db:export`. */
export function addTransferCommands(program: Command): void {
  program
    .command('db:import')
    .description('store many engines from a file, as POST /engines does; rows that are bad are told')
    .argument('<file>', `.json (an array), .ndjson or .csv; ${STDIN} reads stdin`)
    .addOption(new Option('--format <format>', 'instead of what the name ends in').choices(['json', 'ndjson', 'csv']))
    .option('--strict', 'store all or none')
    .option('--json', 'print the report as NDJSON')
    .action((file: string, options: { format?: Format; strict?: true; json?: true }) =>
      withDatabase(async (database) => {
        const format = options.format ?? formatByName(file);
        await initialiseIfEmpty(database);
        const resource = engineResource(database.connection, database.settings);
        await importFrom(file, resource, { ...options, format }).catch(tellProblem);
      }),
    );

  program
    .command('db:export')
    .description('write engines as GET /engines streams them')
    .argument('[file]', '.ndjson or .csv; must not exist, and does when it is complete (default: stdout)')
    .addOption(new Option('--format <format>', 'instead of what the name ends in').choices(['ndjson', 'csv']))
    .option('--filter <query>', "the query of a list: 'thrust[gte]=100&sort=-thrust&fields=title'", '')
    .action((file: string | undefined, options: { format?: 'ndjson' | 'csv'; filter: string }) =>
      withDatabase(async ({ connection, settings }) => {
        const format = options.format ?? (file === undefined ? 'ndjson' : formatByName(file));
        if (format === 'json') throw new OperatorError(`${file} would hold NDJSON. Name it so, or add --format.`);
        await exportTo(file, format, options.filter, engineResource(connection, settings)).catch(tellProblem);
      }),
    );
}

const engineResource = (connection: Connection, settings: Settings) =>
  describeResource(engineModel(connection), '/engines', settings);

function formatByName(file: string): Format {
  const format = (['json', 'ndjson', 'csv'] as const).find((name) => extname(file) === `.${name}`);
  if (format === undefined) throw new OperatorError(`The name ${file} does not tell a format. Add --format.`);
  return format;
}

/** Tells an operator what a client is told as problem details. */
function tellProblem(error: unknown): never {
  if (!(error instanceof Problem)) throw error;
  throw new OperatorError([error.message, ...error.flaws.map(inWords)].join(' '));
}

const inWords = ({ pointer, parameter, detail }: Flaw): string => `${parameter ?? pointer ?? ''} ${detail}.`;
