import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../../config.ts';
import { temporaryFolder } from '../processes.ts';
import { blocksOf, writeBlock } from './blocks.ts';

/** What the commands of the documents need. */
const PARTS = [
  'src',
  'page',
  'migrations',
  'package.json',
  'packages.js',
  'built.js',
  'package-lock.json',
  'engines.js',
  'tsconfig.json',
  'migrate-mongo-config.js',
  'migrate-mongo-config.ts',
];

/** A folder with what the commands of the documents need: the project, with what project.md puts in place of its own. */
export function copyOfProject(): string {
  const folder = temporaryFolder();
  const own = readFileSync(join(import.meta.dirname, 'project.md'), 'utf8');
  const [, newest = ''] = /migrations that are newer than `([^`]*)`/.exec(own.replaceAll('\n', ' ')) ?? [];
  const isNewer = (path: string) =>
    dirname(path) === join(projectRoot, 'migrations') && /^\d/.test(basename(path)) && basename(path) > newest;
  for (const part of PARTS)
    cpSync(join(projectRoot, part), join(folder, part), { recursive: true, filter: (path) => !isNewer(path) });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const block of blocksOf(own)) writeBlock(folder, block);
  return folder;
}
