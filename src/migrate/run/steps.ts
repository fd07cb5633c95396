import { OperatorError } from '../../operator-error.ts';
import { checkHistory, findingsOf, inWords, type Finding } from './checks.ts';
import type { MigrationFile } from './files.ts';
import type { Action, Entry } from './journal.ts';
import { lastApplied, type State } from './state.ts';

/** One thing to do to one migration. */
export interface Step {
  file: MigrationFile;
  action: Action;
  /** The run of it that was interrupted, and that this one resumes or takes back. */
  interrupted?: Entry;
}

/** @throws {OperatorError} with the first finding of the migrations whose rule is not excused */
async function requireSound(state: State, excused: readonly string[] = []): Promise<void> {
  requireNone(await findingsOf(state), excused);
}

function requireNone(all: readonly Finding[], excused: readonly string[]): void {
  const findings = all.filter(({ rule }) => !excused.includes(rule));
  const [first, ...others] = findings;
  const more = others.length > 0 ? ` (${others.length} more: npm run migrate:check)` : '';
  if (first) throw new OperatorError(`${inWords(first)}${more}`);
}

/** Applies all that is pending. @throws {OperatorError} if something is wrong with the migrations */
export async function stepsUp(state: State): Promise<Step[]> {
  await requireSound(state);
  return stepsOf(state.pending, 'up');
}

/**
 * Reverts the last applied migration.
 * @param isBlock whether all that were applied by the same command are reverted with it
 * @throws {OperatorError} if something is wrong with the migrations, or it is not clear which one is the last
 */
export async function stepsDown(state: State, isBlock = false): Promise<Step[]> {
  await requireSound(state);
  const last = lastApplied(state);
  if (last === undefined) return [];
  requireLastInTime(state, last.fileName);
  const inBlock = state.applied.filter(({ migrationBlock }) => migrationBlock === last.migrationBlock);
  const names =
    isBlock && last.migrationBlock !== undefined ? inBlock.map(({ fileName }) => fileName) : [last.fileName];
  return stepsOf(
    state.files.filter(({ name }) => names.includes(name)),
    'down',
  );
}

/** What was applied last may rest on what was applied before, so only that may go first. */
function requireLastInTime({ applied }: State, name: string): void {
  const newest = applied.at(-1);
  if (newest === undefined || newest.appliedAt <= (applied.find(({ fileName }) => fileName === name)?.appliedAt ?? 0))
    return;
  throw new OperatorError(
    `It is not clear which migration to revert: ${name} is the last by name, but ${newest.fileName} was applied later. Name the migration to go back to: npm run migrate:to -- NAME.`,
  );
}

/**
 * Goes to a place in the order of migrations.
 * @param target `head`, `base`, a file's name or the beginning of one, `+N` or `-N`
 * @throws {OperatorError} if something is wrong with the migrations, or the target is none of them
 */
export async function stepsTo(state: State, target: string): Promise<Step[]> {
  await requireSound(state);
  return moves(state, target, 'up', 'down');
}

/**
 * Marks migrations as applied or not, up to a place, and runs none of them.
 * @param target as for `stepsTo`
 * @throws {OperatorError} if their order is not clear, or the target is none of them
 */
export function stepsToStamp(state: State, target: string): Step[] {
  // No file is loaded: one that cannot be may be marked too.
  requireNone(checkHistory(state), ['unfinished', 'missing', 'edited', 'rewritten', 'out-of-order']);
  const gone = state.applied.filter(({ fileName }) => !state.files.some(({ name }) => name === fileName));
  const forgotten = gone.map(({ fileName: name, fileHash: hash = '' }): Step => ({
    file: { name, hash },
    action: 'unstamp',
  }));
  const edited = state.files.filter(({ name, hash }) =>
    state.applied.some(({ fileName, fileHash }) => fileName === name && fileHash !== undefined && fileHash !== hash),
  );
  return [...forgotten, ...stepsOf(edited, 'stamp'), ...moves(state, target, 'stamp', 'unstamp')];
}

function moves(state: State, target: string, forth: Action, back: Action): Step[] {
  const { files, pending } = state;
  const end = placeOf(state, target);
  const isApplied = (file: MigrationFile) => !pending.includes(file);
  return [
    ...stepsOf(files.slice(end).filter(isApplied), back),
    ...stepsOf(
      files.slice(0, end).filter((file) => !isApplied(file)),
      forth,
    ),
  ];
}

/** How many of the files are applied once the target is reached. */
function placeOf({ files, pending }: State, target: string): number {
  if (target === 'head') return files.length;
  if (target === 'base') return 0;
  if (/^[+-]\d+$/.test(target)) {
    const place = files.length - pending.length + Number(target);
    if (place >= 0 && place <= files.length) return place;
    throw new OperatorError(
      `${target} goes beyond the migrations: ${files.length - pending.length} are applied, ${pending.length} are pending.`,
    );
  }
  const matching = files.filter(({ name }) => name === target || name.startsWith(target));
  const [file] = matching;
  if (file && matching.length === 1) return files.indexOf(file) + 1;
  throw new OperatorError(
    `${matching.length === 0 ? 'No migration matches' : 'Several migrations match'} "${target}". Use head, base, +1, -1 or one of: ${files.map(({ name }) => name).join(', ')}.`,
  );
}

const stepsOf = (files: readonly MigrationFile[], action: Action): Step[] =>
  (action === 'down' || action === 'unstamp' ? files.toReversed() : files).map((file) => ({ file, action }));

/**
 * Continues what was interrupted, from where it was.
 * @throws {OperatorError} if something else is wrong with the migrations
 */
export async function stepsToResume(state: State): Promise<Step[]> {
  await requireSound(state, ['unfinished']);
  return unfinishedSteps(state, (action) => action);
}

const OPPOSITE = { up: 'down', down: 'up', stamp: 'unstamp', unstamp: 'stamp' } as const;

/**
 * Takes back what was interrupted.
 * @throws {OperatorError} if something else is wrong with the migrations
 */
export async function stepsToRollBack(state: State): Promise<Step[]> {
  await requireSound(state, ['unfinished']);
  return unfinishedSteps(state, (action) => OPPOSITE[action]);
}

function unfinishedSteps({ unfinished, files }: State, actionFor: (action: Action) => Action): Step[] {
  return unfinished.map((interrupted) => {
    const { fileName, action } = interrupted;
    const file = files.find(({ name }) => name === fileName);
    if (file) return { file, action: actionFor(action), interrupted };
    throw new OperatorError(
      `${fileName} stopped half-way, and its file is missing. Restore the file from version control.`,
    );
  });
}
