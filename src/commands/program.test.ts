import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { projectRoot } from '../config.ts';
import { run, runCli, temporaryFolder } from '../testing/processes.ts';
import { commandProgram } from './program.ts';

interface Manifest {
  version: string;
  scripts: Record<string, string>;
}

const { version, scripts }: Manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const names = commandProgram().commands.map((command) => command.name());

/** The commands that do something, by the words that they are typed with: `keys create`. */
const typedNames = commandProgram().commands.flatMap((command) =>
  command.commands.length > 0 ? command.commands.map((inner) => `${command.name()} ${inner.name()}`) : [command.name()],
);

/** A program that throws where it would exit, and one of its commands. */
function programWith(name: string): { program: Command; command: Command } {
  const program = commandProgram().exitOverride();
  const command = name
    .split(' ')
    .reduce<Command | undefined>((outer, word) => outer?.commands.find((one) => one.name() === word), program);
  if (!command) throw new Error(`there is no command ${name}`);
  return { program, command: command.exitOverride() };
}

/** The help of a command, whole. */
function helpOf(name: string): string {
  let text = '';
  const { command } = programWith(name);
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** The parameters of a command line, where single or double quotes hold one together. */
const parametersOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');

describe('the list of all commands', () => {
  test.each([
    ['npx engines', ['npx', 'engines']],
    ['npx engines --help', ['npx', 'engines', '--help']],
    ['npm run help', ['npm', 'run', '--silent', 'help']],
  ])('is printed by %s, in groups', async (_what, command) => {
    const { code, stdout, stderr } = await run(command, {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: npx engines <command> \[options\]$/m);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z].*[a-z,.]$`, 'm'));
    const groups = [...stdout.matchAll(/^\w.*:$/gm)].map(([heading]) => heading);
    expect(groups).toEqual(expect.arrayContaining(['Database:', 'Backups:', 'Import and export:']));
    expect(groups).not.toContain('Commands:');
  });

  test('has each command as a thin npm script', () => {
    for (const name of names) expect([name, scripts[name]]).toEqual([name, `node engines.js ${name}`]);
  });
});

describe.each(typedNames)('the help of %s', (name) => {
  test('says how it is typed with npx, what it does, and ends with an example that is understood', async () => {
    const help = helpOf(name);
    expect(help).toMatch(new RegExp(`^Usage: npx engines ${name}( .*)?\\n\\n[A-Z]`));
    const [, example = ''] = new RegExp(`\\nExample:\\n  npx engines (${name}.*)\\n$`).exec(help) ?? [];
    const { program, command } = programWith(name);
    let isUnderstood = false;
    command.action(() => void (isUnderstood = true));
    await program.parseAsync(parametersOf(example), { from: 'user' });
    expect({ example, isUnderstood }).toEqual({ example, isUnderstood: true });
  });
});

describe('a command', () => {
  test('is typed with -- as an npm script, so that npm leaves its options alone', async () => {
    const { code, stdout } = await run(['npm', 'run', '--silent', 'migrate:to', '--', '--help'], {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run migrate:to -- \[options\] <target>$/m);
    expect(stdout).toMatch(/\nExample:\n {2}npm run migrate:to -- -1\n$/);
  });

  test('of a group is typed with all its words', async () => {
    const { stdout } = await run(['npm', 'run', '--silent', 'keys', '--', 'revoke', '--help'], {});
    expect(stdout).toMatch(/^Usage: npm run keys -- revoke \[options\] <id>$/m);
  });

  test.each([
    [['db:bakup'], "unknown command 'db:bakup'", 'db:backup'],
    [['db:backup', '--gzpi'], "unknown option '--gzpi'", '--gzip'],
  ])('that is misspelt leads to the nearest one: %j', async (parameters, message, nearest) => {
    const { code, stdout, stderr } = await runCli(parameters, {});
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${message}\n(Did you mean ${nearest}?)\n`,
    });
  });

  test('prints the version of the package', async () => {
    expect(await runCli(['--version'], {})).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('is found by npx in a folder within, and where no package can be downloaded', async () => {
    const cache = temporaryFolder();
    const nowhere = { npm_config_cache: cache, npm_config_registry: 'http://127.0.0.1:9' };
    const { code, stdout } = await run(['sh', '-c', 'cd src/rest && exec npx engines --version'], nowhere);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
  });
});
