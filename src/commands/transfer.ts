import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { Connection } from 'mongoose';
import { initialiseIfEmpty } from '../initialise.ts';
import { OperatorError } from '../operator-error.ts';
import { describeResource, type Format, type ResourceDeclaration } from '../rest/index.ts';
import type { Settings } from '../settings.ts';
import { wholeNumberFrom0 } from './arguments.ts';
import { throwAsOperatorError } from './throw-as-operator-error.ts';
import { chosenOne, withCollectionOption, type CollectionOption } from './collection-option.ts';
import { withDatabase } from './context.ts';
import { exportTo } from './export.ts';
import { importFrom, STDIN } from './import.ts';
import { example } from './usage.ts';

/** `db:import` and `db:export`. */
export function addTransferCommands(program: Command, resources: readonly ResourceDeclaration[]): void {
  withCollectionOption(program.command('db:import'), resources)
    .description('Store the rows of a file, checked as by POST over HTTP. Prints the rows that were rejected.')
    .argument('<file>', `a .json (an array), .ndjson or .csv file; ${STDIN} reads stdin`)
    .addOption(
      new Option('--format <format>', 'the format, if the name of the file does not show it').choices([
        'json',
        'ndjson',
        'csv',
      ]),
    )
    .option('--strict', 'store all rows or none')
    .option('--end-line', 'accept NDJSON only with the last line that db:export --end-line writes')
    .option('--expect <rows>', 'accept only this number of rows (X-Total-Count of the export)', wholeNumberFrom0)
    .option('--json', 'print the report as NDJSON')
    .addHelpText('after', example('engines.csv --strict'))
    .action((file: string, options: ImportOptions) =>
      withDatabase(async (database) => {
        const format = options.format ?? formatByName(file);
        requireEndable(format, options);
        const resource = describe(chosenOne(resources, options), database);
        await initialiseIfEmpty(database, resources);
        await importFrom(file, resource, { ...options, format }).catch(throwAsOperatorError);
      }),
    );

  withCollectionOption(program.command('db:export'), resources)
    .description('Write a collection to a file or to stdout, as GET does over HTTP.')
    .argument('[file]', 'a new .ndjson or .csv file, created when it is complete (default: stdout)')
    .addOption(
      new Option('--format <format>', 'the format, if the name of the file does not show it').choices([
        'ndjson',
        'csv',
      ]),
    )
    .option('--end-line', 'end NDJSON with a line that says that it is complete and how many rows it has')
    .option('--filter <query>', 'which rows, in which order, with which fields: the query of a GET over HTTP', '')
    .addHelpText('after', example("engines.csv --filter 'thrust[gte]=100&sort=-thrust&fields=title'"))
    .action((file: string | undefined, options: ExportOptions) =>
      withDatabase(async (database) => {
        const format = options.format ?? (file === undefined ? 'ndjson' : formatByName(file));
        if (format === 'json')
          throw new OperatorError(
            `db:export cannot write ${file}: it writes NDJSON or CSV. Choose a name with .ndjson or .csv, or add --format.`,
          );
        requireEndable(format, options);
        const resource = describe(chosenOne(resources, options), database);
        await exportTo(file, format, options, resource).catch(throwAsOperatorError);
      }),
    );
}

interface ImportOptions extends CollectionOption {
  format?: Format;
  strict?: true;
  endLine?: true;
  expect?: number;
  json?: true;
}

interface ExportOptions extends CollectionOption {
  format?: 'ndjson' | 'csv';
  endLine?: true;
  filter: string;
}

const describe = (
  { model, path }: ResourceDeclaration,
  { connection, settings }: { connection: Connection; settings: Settings },
) => ({ ...describeResource(model(connection), path, settings), maxTimeMS: UNLIMITED_MS });

/** The most that MongoDB takes for maxTimeMS, 24 days. QUERY_TIMEOUT_MS is for clients; an operator may end a command. */
const UNLIMITED_MS = 2 ** 31 - 1;

function formatByName(file: string): Format {
  const format = (['json', 'ndjson', 'csv'] as const).find((name) => extname(file) === `.${name}`);
  if (format === undefined)
    throw new OperatorError(`The name ${file} does not end in .json, .ndjson or .csv. Add --format.`);
  return format;
}

function requireEndable(format: Format, { endLine }: { endLine?: true }): void {
  if (!endLine || format === 'ndjson') return;
  throw new OperatorError(
    'Only NDJSON has an end line. Leave --end-line out. For other formats db:import --expect checks the number of rows.',
  );
}
