import type { Command } from 'commander';
import { listKeys } from '../access/index.ts';
import { examine } from '../doctor/index.ts';
import { readNames } from '../migrate/run/index.ts';
import { MIGRATIONS, type OpenDatabase } from '../migrations.ts';
import { collectionDefinitions } from '../models.ts';
import { withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { example } from './usage.ts';

interface Options {
  json: boolean;
}

/** `doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Look for what is unsafe here, and say what to do about it. Changes nothing. Exits with 1 after an error.',
    )
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', example('--json'))
    .action((options: Options) => withDatabase((database) => show(database, options)));
}

async function show({ db, connection, settings }: OpenDatabase, { json }: Options): Promise<void> {
  const [keys, { migrations }] = await Promise.all([listKeys(connection), readNames(MIGRATIONS)]);
  const definitions = collectionDefinitions(connection);
  const findings = await examine({ settings, db, keys, migrations, definitions, now: new Date() });
  if (json) console.log(JSON.stringify(findings));
  else for (const { level, problem, remedy } of findings) console.log(`${level}: ${problem} ${remedy}`);
  const errors = findings.filter(({ level }) => level === 'error').length;
  console.error(`Found ${counted(errors, 'error')} and ${counted(findings.length - errors, 'warning')}.`);
  if (errors > 0) process.exitCode = 1;
}
