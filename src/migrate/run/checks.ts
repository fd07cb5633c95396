import { isEmpty, loadMigration, Unusable, type Migration, type MigrationFile } from './files.ts';
import type { Entry } from './journal.ts';
import { isRewritten } from './rewritten.ts';
import { lastApplied, type State } from './state.ts';

/** Something that is wrong with the migrations, and what to do about it. */
export interface Finding {
  rule: string;
  /** The file that it is about; in a sharded cluster, the collection. */
  file: string;
  message: string;
  remedy: string;
}

/** The finding as sentences. */
export const inWords = ({ file, message, remedy }: Finding): string => `${file} ${message} ${remedy}`;

/** The rule of findings about files that cannot be run. */
export const UNUSABLE = 'unusable';

/** The files that cannot be run, by these findings. */
export const unusableIn = (findings: readonly Finding[]): string[] =>
  findings.filter(({ rule }) => rule === UNUSABLE).map(({ file }) => file);

/** Everything that is wrong with the migrations. Loads all their files. */
export async function findingsOf(state: State): Promise<Finding[]> {
  const { folder, files } = state;
  const loaded = [];
  const unusable: Finding[] = [];
  for (const file of files)
    try {
      loaded.push({ ...file, ...(await loadMigration(folder, file)) });
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      unusable.push({ rule: UNUSABLE, file: file.name, message: error.what, remedy: error.remedy });
    }
  return [...checkHistory(state), ...unusable, ...checkFiles(loaded, files)];
}

/** What is wrong with the files' names and the database's history. Loads no file. */
export function checkHistory(state: State): Finding[] {
  return [...stray(state), ...duplicateStamps(state), ...changed(state), ...outOfOrder(state), ...unfinished(state)];
}

function stray({ stray: names }: State): Finding[] {
  return names.map((file) => ({
    rule: 'stray',
    file,
    message: 'is not a migration: the name of a migration is YYYYMMDDHHMMSS-description.ts.',
    remedy: 'Rename it, or move it out of this folder.',
  }));
}

function duplicateStamps({ files }: State): Finding[] {
  const stampOf = (name: string) => name.slice(0, 14);
  return files
    .filter(({ name }, index) => index > 0 && stampOf(files[index - 1]?.name ?? '') === stampOf(name))
    .map(({ name }) => ({
      rule: 'duplicate-stamp',
      file: name,
      message: 'has the same time stamp as another file, so only the rest of their names decides their order.',
      remedy: 'Give a later time stamp to the one that is not applied anywhere yet.',
    }));
}

function changed(state: State): Finding[] {
  const { files, applied, pending } = state;
  return applied.flatMap(({ fileName: file, fileHash }): Finding[] => {
    const present = files.find(({ name }) => name === file);
    if (present) {
      if (fileHash === undefined || present.hash === fileHash) return [];
      if (isRewritten(file, fileHash, present.hash)) {
        const message = 'was rewritten in this version of the program. It does the same as the file that was applied.';
        const remedy = `Record that once: npm run migrate:stamp -- ${lastApplied(state)?.fileName}`;
        return [{ rule: 'rewritten', file, message, remedy }];
      }
      const message = 'was edited after it had been applied, so other databases may have another shape.';
      return [{ rule: 'edited', file, message, remedy: 'Undo the edit, and write a new migration for it.' }];
    }
    const renamed = pending.find(({ hash }) => hash === fileHash);
    if (renamed) {
      const remedy = `Name it ${file} again.`;
      return [{ rule: 'renamed', file, message: `is applied, but is now called ${renamed.name}.`, remedy }];
    }
    const remedy =
      'Restore it from version control. If that is impossible, run npm run migrate:stamp -- NAME with the last applied migration that has a file.';
    return [{ rule: 'missing', file, message: 'is applied, but its file is missing.', remedy }];
  });
}

function outOfOrder({ pending, applied, files }: State): Finding[] {
  const known = new Set(files.map(({ name }) => name));
  const newest = applied
    .map(({ fileName }) => fileName)
    .filter((name) => known.has(name))
    .toSorted()
    .at(-1);
  if (newest === undefined) return [];
  return pending
    .filter(({ name }) => name < newest)
    .map(({ name }) => ({
      rule: 'out-of-order',
      file: name,
      message: `is older than ${newest}, which is already applied.`,
      remedy: 'Give it a later time stamp, and check that it still works after that one.',
    }));
}

function unfinished({ unfinished: entries }: State): Finding[] {
  return entries.map((entry) => ({
    rule: 'unfinished',
    file: entry.fileName,
    message: `${describeUnfinished(entry)}.`,
    remedy: 'Run npm run migrate:resume to continue it, or npm run migrate:rollback to undo it.',
  }));
}

/** How a run ended that did not end well; the end of a sentence that begins with the file's name. */
export function describeUnfinished({ action, state, error, owner, startedAt }: Entry): string {
  const run = `its ${action} of ${startedAt.toISOString()} by process ${owner.pid} on ${owner.host}`;
  return state === 'failed' ? `failed half-way: ${run} ended with "${error}"` : `stopped half-way: ${run} did not end`;
}

/**
 * What is wrong with what the files export.
 * @param files all files in their order, also those that cannot be loaded
 */
export function checkFiles(
  migrations: readonly (MigrationFile & Migration)[],
  files: readonly MigrationFile[],
): Finding[] {
  return [...migrations.flatMap(emptyDirections), ...branches(migrations, files)];
}

function emptyDirections({ name: file, up, down }: MigrationFile & Migration): Finding[] {
  return Object.entries({ up, down }).flatMap(([direction, body]) => {
    if (!isEmpty(body)) return [];
    const message = `has an empty ${direction}.`;
    const remedy =
      direction === 'up'
        ? 'Write it, or delete the file.'
        : 'Write the code that undoes up, or throw an Error that says why nothing can undo it.';
    return [{ rule: 'empty', file, message, remedy }];
  });
}

/** Two files that name the same predecessor: whoever wrote one did not know the other. */
function branches(migrations: readonly (MigrationFile & Migration)[], files: readonly MigrationFile[]): Finding[] {
  return migrations.flatMap(({ name: file, after }) => {
    const before = files[files.findIndex(({ name }) => name === file) - 1]?.name ?? null;
    if (after === undefined || after === before) return [];
    const message = `was written on top of ${after ?? 'nothing'}, but comes after ${before ?? 'nothing'}.`;
    const remedy =
      'Check that both work together. If needed, give the newer file a later time stamp. Then set its after to the name of the file before it.';
    return [{ rule: 'branches', file, message, remedy }];
  });
}
