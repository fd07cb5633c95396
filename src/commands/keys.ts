import { Option, type Command } from 'commander';
import {
  allScopes,
  createKey,
  listKeys,
  revokeKey,
  ROLES,
  rotateKey,
  scopeFlaws,
  shownKey,
  type IssuedKey,
  type Role,
} from '../access/index.ts';
import { initialiseIfEmpty } from '../initialise.ts';
import type { OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';
import { duration, keyName } from './arguments.ts';
import { throwAsOperatorError } from './throw-as-operator-error.ts';
import { withDatabase } from './context.ts';
import { table } from './table.ts';
import { example } from './usage.ts';

interface Options {
  json: boolean;
}

interface CreateOptions extends Options {
  name: string;
  role: Role;
  /** Milliseconds. */
  expires?: number;
  only?: string;
}

interface RotateOptions extends Options {
  overlap: number;
  expires?: number;
}

const DAY_MS = 86_400_000;

/** `keys create`, `keys list`, `keys rotate` and `keys revoke`. */
export function addKeyCommands(program: Command, resources: readonly ResourceDeclaration[]): void {
  const keys = program
    .command('keys')
    .description('Create, list, rotate and revoke the keys by which callers use the API.');

  keys
    .command('create')
    .description('Make a key and print it. It cannot be printed again: the database has only a hash of it.')
    .requiredOption('--name <name>', 'who or what will use it', keyName)
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--expires <duration>', 'how long it can be used, such as 90d or 12h (default: for ever)', duration)
    .option('--only <scopes>', 'the only scopes of the role that it has, separated by commas')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', example('--name telemetry --role writer --expires 90d'))
    .action((options: CreateOptions) => withDatabase((database) => create(database, resources, options)));

  keys
    .command('list')
    .description('List the keys, the newest first, also those that cannot be used any more. Shows no secret.')
    .option('--json', 'print them as JSON', false)
    .addHelpText('after', example('--json'))
    .action((options: Options) => withDatabase((database) => list(database, options)));

  keys
    .command('rotate')
    .description('Make and print a key in the place of another. The old one can still be used for some time.')
    .argument('<id>', 'the id of the old key, from keys list')
    .option('--overlap <duration>', 'how long the old key can still be used (default: 24h)', duration, DAY_MS)
    .option('--expires <duration>', 'how long the new key can be used (default: as long as the old one)', duration)
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', example('k3JvX0qLr9Zt --overlap 1h'))
    .action((id: string, options: RotateOptions) => withDatabase((database) => rotate(database, id, options)));

  keys
    .command('revoke')
    .description('End a key for good. On every copy of the API it is refused within a second.')
    .argument('<id>', 'the id of the key, from keys list')
    .option('--json', 'print what is left of it as JSON', false)
    .addHelpText('after', example('k3JvX0qLr9Zt'))
    .action((id: string, options: Options) => withDatabase((database) => revoke(database, id, options)));
}

async function create(
  database: OpenDatabase,
  resources: readonly ResourceDeclaration[],
  { name, role, expires, only, json }: CreateOptions,
): Promise<void> {
  const scopes = only?.split(',').map((scope) => scope.trim());
  const wanted = { name, role, ...(scopes && { scopes }), ...endIn(expires) };
  const flaws = scopeFlaws(wanted, allScopes(resources));
  if (flaws.length > 0) throw new OperatorError(`--only: ${flaws.map(({ detail }) => detail).join('; ')}.`);
  await initialiseIfEmpty(database, resources);
  print(await createKey(database.connection, wanted), json);
}

async function list({ connection }: OpenDatabase, { json }: Options): Promise<void> {
  const keys = (await listKeys(connection)).map(shownKey);
  if (json) return console.log(JSON.stringify(keys));
  const rows = keys.map(({ id, name, role, scopes, state, createdAt, expiresAt, lastUsedAt, replacedBy }) => [
    id,
    name,
    scopes === null ? role : `${role}, only ${scopes.join(',')}`,
    replacedBy === null ? state : `${state}, replaced by ${replacedBy}`,
    createdAt.toISOString(),
    expiresAt?.toISOString() ?? 'never',
    lastUsedAt?.toISOString() ?? 'never',
  ]);
  console.log(table(['Id', 'Name', 'Role', 'State', 'Created', 'Ends', 'Last used'], rows));
}

async function rotate(database: OpenDatabase, id: string, { overlap, expires, json }: RotateOptions): Promise<void> {
  const rotation = { overlapMs: overlap, ...endIn(expires) };
  print(await rotateKey(database.connection, id, rotation).catch(throwAsOperatorError), json);
}

async function revoke({ connection }: OpenDatabase, id: string, { json }: Options): Promise<void> {
  const revoked = await revokeKey(connection, id).catch(throwAsOperatorError);
  if (json) console.log(JSON.stringify(shownKey(revoked)));
  else console.error(`The key ${id} of ${revoked.name} is revoked.`);
}

const endIn = (milliseconds: number | undefined) =>
  milliseconds === undefined ? {} : { expiresAt: new Date(Date.now() + milliseconds) };

/** Prints a new key: alone on stdout, so that a program can take it from there. */
function print({ key, record }: IssuedKey, json: boolean): void {
  const { expiresAt, ...shown } = shownKey(record);
  if (json) return console.log(JSON.stringify({ ...shown, expiresAt, key }));
  const end = expiresAt === null ? 'It does not end by itself.' : `It ends at ${expiresAt.toISOString()}.`;
  console.error(`The key ${shown.id} of ${shown.name} has the role ${shown.role}. ${end} It is shown only here:`);
  console.log(key);
}
