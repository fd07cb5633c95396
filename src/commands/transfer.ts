import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { Connection } from 'mongoose';
import { initialiseIfEmpty } from '../initialise.ts';
import { OperatorError } from '../operator-error.ts';
import { Problem, describeResource, type Flaw, type Format, type ResourceDeclaration } from '../rest/index.ts';
import type { Settings } from '../settings.ts';
import { wholeNumberFrom0 } from './arguments.ts';
import { chosenOne, withCollectionOption, type CollectionOption } from './collection-option.ts';
import { withDatabase } from './context.ts';
import { exportTo } from './export.ts';
import { importFrom, STDIN } from './import.ts';

/** `db:import` and `db:export`. */
export function addTransferCommands(program: Command, resources: readonly ResourceDeclaration[]): void {
  withCollectionOption(program.command('db:import'), resources)
    .description('store many documents from a file, as POST does over HTTP; rows that are bad are told')
    .argument('<file>', `.json (an array), .ndjson or .csv; ${STDIN} reads stdin`)
    .addOption(new Option('--format <format>', 'instead of what the name ends in').choices(['json', 'ndjson', 'csv']))
    .option('--strict', 'store all or none')
    .option('--end-line', 'take NDJSON for complete only with its last line, as --end-line exports it')
    .option('--expect <rows>', 'take it for complete only with so many rows, as X-Total-Count told', wholeNumberFrom0)
    .option('--json', 'print the report as NDJSON')
    .action((file: string, options: ImportOptions) =>
      withDatabase(async (database) => {
        const format = options.format ?? formatByName(file);
        requireEndable(format, options);
        const resource = describe(chosenOne(resources, options), database);
        await initialiseIfEmpty(database, resources);
        await importFrom(file, resource, { ...options, format }).catch(tellProblem);
      }),
    );

  withCollectionOption(program.command('db:export'), resources)
    .description('write a collection as GET streams it over HTTP')
    .argument('[file]', '.ndjson or .csv; must not exist, and does when it is complete (default: stdout)')
    .addOption(new Option('--format <format>', 'instead of what the name ends in').choices(['ndjson', 'csv']))
    .option('--end-line', 'end NDJSON with a line that says that it is complete, and how many rows it has')
    .option('--filter <query>', "the query of a list: 'thrust[gte]=100&sort=-thrust&fields=title'", '')
    .action((file: string | undefined, options: ExportOptions) =>
      withDatabase(async (database) => {
        const format = options.format ?? (file === undefined ? 'ndjson' : formatByName(file));
        if (format === 'json') throw new OperatorError(`${file} would hold NDJSON. Name it so, or add --format.`);
        requireEndable(format, options);
        const resource = describe(chosenOne(resources, options), database);
        await exportTo(file, format, options, resource).catch(tellProblem);
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
) => describeResource(model(connection), path, settings);

function formatByName(file: string): Format {
  const format = (['json', 'ndjson', 'csv'] as const).find((name) => extname(file) === `.${name}`);
  if (format === undefined) throw new OperatorError(`The name ${file} does not tell a format. Add --format.`);
  return format;
}

function requireEndable(format: Format, { endLine }: { endLine?: true }): void {
  if (!endLine || format === 'ndjson') return;
  throw new OperatorError('Only NDJSON has an end line. Leave --end-line out; --expect of db:import counts rows.');
}

/** Tells an operator what a client is told as problem details. */
function tellProblem(error: unknown): never {
  if (!(error instanceof Problem)) throw error;
  throw new OperatorError([error.message, ...error.flaws.map(inWords)].join(' '));
}

const inWords = ({ pointer, parameter, detail }: Flaw): string => `${parameter ?? pointer ?? ''} ${detail}.`;
