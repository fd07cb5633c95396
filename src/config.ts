import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import convict from 'convict';
import { ConnectionString } from 'mongodb-connection-string-url';
import { hasCode } from './error-code.ts';
import { OperatorError, systemReason } from './operator-error.ts';
import { openToOthers, readPrivateFile } from './private-file.ts';
import { FORMATS, Unacceptable } from './setting-formats.ts';
import { definition } from './setting-definitions.ts';
import { definitions } from './setting-list.ts';
import type { Settings } from './settings.ts';

/** The checkout or deployment that this code belongs to; `src/` and `dist/` both lie directly below it. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where relative paths in settings begin: at the checkout or deployment. A package in `node_modules` keeps no data there, so
 * for one they begin at the folder in which it is run.
 */
export const settingsRoot = /[\\/]node_modules[\\/]/.test(projectRoot) ? process.cwd() : projectRoot;

/** The version of this program, which stands in `package.json` alone. */
export function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return version;
}

function registerFormats(): void {
  for (const [name, format] of Object.entries(FORMATS)) convict.addFormat({ name, ...format });
}

/** The settings in a file, by their names; those of a group are named `group.name`. */
const flattened = (file: Record<string, unknown>) =>
  Object.entries(file).flatMap(([name, value]): [string, unknown][] => {
    const isGroup = [...definitions.keys()].some((known) => known.startsWith(`${name}.`));
    if (!isGroup || typeof value !== 'object' || value === null) return [[name, value]];
    return Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one]);
  });

/** Reads a JSON file. If it does not exist, it counts as empty. @throws {OperatorError} if it cannot be read */
function readFile(path: string): Record<string, unknown> {
  let text;
  try {
    text = readFileSync(path, 'utf8').replace(/^\u{FEFF}/u, ''); // some editors put a byte order mark there
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    if (hasCode(error, 'ENOTDIR'))
      throw new OperatorError(`INSTANCE_PATH: ${dirname(path)} is not a folder. Set it to a folder.`);
    throw new OperatorError(`${path} cannot be read: ${systemReason(error)}. Make it readable or remove it.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError(`${path} is not JSON. Compare it with instance/config.example.json.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OperatorError(`${path} must contain one JSON object. Compare it with instance/config.example.json.`);
  return { ...value };
}

function explain(isSecret: boolean, value: unknown, source: string, accepted: string): string {
  const shown = isSecret ? 'its value' : JSON.stringify(value);
  return `${source}: ${shown} is not accepted; it must be ${accepted}.`;
}

/**
 * The secrets in the files that variables such as `MONGODB_URI_FILE` name, by the variables that would hold them. The final
 * line feed of a file, which editors add, is no part of its secret.
 * @throws {OperatorError} if a file cannot be used, or a secret is given twice
 */
function readSecretFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const { env: name, sensitive } of definitions.values()) {
    const path = env[`${name}_FILE`];
    if (sensitive !== true || path === undefined) continue;
    if (env[name] !== undefined) throw new OperatorError(`${name} and ${name}_FILE are both set. Unset one of them.`);
    secrets[name] = readPrivateFile(`${name}_FILE`, resolve(settingsRoot, path)).replace(/\r?\n$/, '');
  }
  return secrets;
}

/** Where the value of a setting comes from. */
function sourceOf(name: string, variable: string, env: NodeJS.ProcessEnv, path: string): string {
  const given = [variable, `${variable}_FILE`].find((one) => env[one] !== undefined);
  return given === undefined ? `${path}: "${name}"` : `environment variable ${given}`;
}

/** The file of settings in an instance folder. */
const configPath = (instancePath: string) => join(instancePath, 'config.json');

/** The warning that other users may read or change the file of settings, if they may. */
export function warnOfOpenFile({ instancePath }: Settings): string | undefined {
  const path = configPath(instancePath);
  const flaw = existsSync(path) ? openToOthers(path) : undefined;
  return flaw && `${path} ${flaw.problem}. ${flaw.remedy}`;
}

/**
 * Reads all settings and checks each of them.
 * An empty environment variable counts as absent.
 * @throws {OperatorError} naming every unusable setting, where it came from and what it accepts
 */
export function loadSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  registerFormats();
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const env = { ...given, ...readSecretFiles(given) };
  const config = convict<Settings>(definition, { env, args: [] });
  const instancePath = resolve(settingsRoot, config.get('instancePath'));
  const path = configPath(instancePath);
  const file = flattened(readFile(path));
  const errors = file
    .map(([name]) => name)
    .filter((name) => !definitions.has(name) || name === 'instancePath')
    .map(
      (name) =>
        `${path}: unknown setting ${JSON.stringify(name)}. Known settings: ${[...definitions.keys()].join(', ')}.`,
    );
  // An environment variable takes precedence over the file.
  for (const [name, value] of file) {
    const variable = definitions.get(name)?.env;
    if (variable !== undefined && env[variable] === undefined) config.set(name, value);
  }
  for (const [name, { env: variable, format, default: fallback, sensitive }] of definitions) {
    const value = valueOf(config.getProperties(), name);
    if (value === null && fallback === null) continue;
    try {
      (typeof format === 'string' ? FORMATS[format].validate : format)(value);
    } catch (error) {
      if (!(error instanceof Unacceptable)) throw error;
      errors.push(explain(sensitive === true, value, sourceOf(name, variable, given, path), error.message));
    }
  }
  if (errors.length > 0) throw new OperatorError(errors.join(' '));
  return { ...config.getProperties(), instancePath, cacheHome: config.get('cacheHome').replace(/^~/, home) };
}

/** The home folder of the user; empty if there is none. */
function home(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

const valueOf = (properties: Settings, name: string): unknown =>
  name.split('.').reduce((value: unknown, key) => Reflect.get(Object(value), key), properties);

const secretFileVariables = () =>
  [...definitions.values()].filter(({ sensitive }) => sensitive === true).map(({ env }) => `${env}_FILE`);

/** The settings as a table for `--help`: name in the file, environment variable, default, meaning. */
export function describeSettings(): string {
  const rows = [...definitions].map(([name, setting]) => [
    name,
    setting.env,
    String(setting.default ?? '') || '-',
    setting.doc,
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: string[]) =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(width(column)) : cell)).join('  ');
  return [
    'Settings (instance/config.json, environment variable, default):',
    ...rows.map((row) => `  ${line(row)}`),
    `A secret can also lie in a file that is named by its variable with _FILE: ${secretFileVariables().join(', ')}.`,
  ].join('\n');
}

/** The script that `npm run` runs, if this process is one; `npx` for a command of npx. */
export const npmScript = (): string | undefined => process.env['npm_lifecycle_event'];

/** The database that the path of a connection string names; `spaceshipDB` if it names none. */
export function databaseName(uri: string): string {
  return decodeURIComponent(new ConnectionString(uri).pathname.slice(1)) || 'spaceshipDB';
}

/** The connection string without its user and password, for logs. */
export function maskUri(uri: string): string {
  return new ConnectionString(uri).redact().toString();
}
