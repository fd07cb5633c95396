import { createHash } from 'node:crypto';
import type { Db, MongoClient } from 'mongodb';
import { hasCode, UNAUTHORIZED } from '../../error-code.ts';
import { interruption } from '../../interruption.ts';
import { messageOf, OperatorError } from '../../operator-error.ts';
import { isRestoring, RESTORE_STATE } from '../../own-collections.ts';
import { describeCollections, isInternal, metadataText } from './collections.ts';
import { startLoading, type Loader, type Loading } from './load.ts';
import { complete, create, prepare } from './prepare.ts';
import { ServerRefusal } from './refusal.ts';
import { openRestore, type OpenRestore } from './restore-state.ts';
import { refuseLossyRename, refuseViews, swap } from './swap.ts';
import { targetOf } from './target.ts';
import { verifyFiles, type StoredBackup, type StoredCollection } from './verify-files.ts';
import { onStderr, type Watch } from './watch.ts';

interface Options {
  /** Which database of the backup to restore, if it holds several. */
  from?: string | undefined;
  /** The database to restore into; else that of the backup. */
  to?: string;
  /** Whether existing collections are replaced. */
  replace?: boolean;
  watch?: Watch;
}

/** What a restore did. */
export interface Restored {
  database: string;
  collections: { name: string; documents: number }[];
  /** Collections of the database that are not in the backup. They are unchanged. */
  leftAlone: string[];
}

/**
 * Verifies the files of a backup and restores it. In an empty database the collections are loaded under their own names.
 * In any other they are loaded beside the old ones and exchanged at the end, so that an earlier failure leaves the old data.
 * A restore that was killed is continued when it is run again. If this server refuses something, all that was loaded is
 * dropped.
 * @throws {OperatorError} if the backup is damaged, the database is not empty and `replace` is not given, another process
 * restores into the database or migrates it, or this server does not accept what the backup holds
 */
export async function restore(client: MongoClient, path: string, options: Options = {}): Promise<Restored> {
  const backup = await verifyFiles(path, options.watch, options.from);
  refuseDamaged(backup);
  const { skipped } = backup.manifest ?? {};
  if (skipped)
    (options.watch ?? onStderr).report(
      `Not in the backup, because db:backup --skip left them out: ${skipped.join(', ')}.`,
    );
  return restoreVerified(client, backup, options);
}

/** Restores a backup whose files have been verified just now, as `restore` does. */
export async function restoreVerified(
  client: MongoClient,
  backup: StoredBackup,
  options: Options = {},
): Promise<Restored> {
  const { watch = onStderr } = options;
  const db = targetOf(client, options.to ?? backup.database);
  const open = await openRestore(db).catch((error: unknown) => {
    throw explain(error, db);
  });
  try {
    const leftAlone = await begin(db, open, backup, { replace: options.replace ?? false, watch });
    if (leftAlone.length > 0) watch.report(`Not in the backup, and left alone: ${leftAlone.join(', ')}.`);
    if (open.progress.phase === 'loading') await loadAll(db, open, backup, watch);
    if (open.progress.direct !== true) {
      await open.record({ phase: 'swapping' });
      await swap(db, backup.collections, open.confirm);
    }
    await open.finish();
    const collections = backup.collections.map(({ name, documents }) => ({ name, documents }));
    return { database: db.databaseName, collections, leftAlone };
  } catch (error) {
    const isFinal = error instanceof ServerRefusal || hasCode(error, UNAUTHORIZED);
    const isOwn = open.progress.phase === 'loading' && open.progress.backup === identify(backup);
    // Where the database is gone, the right to restore ends with this process.
    await (isFinal && isOwn ? undo(db, open, backup) : open.release()).catch(() => {});
    throw explain(error, db, open);
  }
}

/** @throws {OperatorError} listing what is wrong */
function refuseDamaged({ path, defects }: StoredBackup): void {
  if (defects.length === 0) return;
  const list = defects.map(({ where, problem }) => `${where} ${problem}`).join('; ');
  throw new OperatorError(`The backup ${path} is damaged: ${list}. Use another one.`);
}

/** Continues a killed restore of the same backup, or begins a new one. @returns the collections to leave alone */
async function begin(
  db: Db,
  { progress, record }: OpenRestore,
  backup: StoredBackup,
  { replace, watch }: { replace: boolean; watch: Watch },
): Promise<string[]> {
  const identity = identify(backup);
  const listed = await db.listCollections({}, { nameOnly: true }).toArray();
  const names = listed.map(({ name }) => name).filter((name) => !isInternal(name) && name !== RESTORE_STATE);
  const existing = names.filter((name) => !isRestoring(name));
  const own = new Set(backup.collections.map(({ name }) => name));
  const others = existing.filter((name) => !own.has(name));
  if (progress.backup === identity && (replace || progress.direct === true || existing.length === 0)) {
    watch.report(`Continuing a restore of ${progress.directory} that was interrupted.`);
    return others;
  }
  if (progress.phase === 'swapping')
    throw new OperatorError(
      `A restore of ${progress.directory} into ${db.databaseName} was interrupted while it exchanged collections. ` +
        'First run that restore again with --replace.',
    );
  if (existing.length > 0 && !replace)
    throw new OperatorError(
      `${db.databaseName} is not empty${progress.direct === true ? `: it holds a part of a restore of ${progress.directory}` : ''}. ` +
        'Add --replace to exchange its collections, or name another database with --to.',
    );
  for (const name of names) if (isRestoring(name)) await db.collection(name).drop();
  const direct = existing.length === 0;
  await record({ backup: identity, directory: backup.path, phase: 'loading', direct, loaded: [] });
  return others;
}

/** Drops what was loaded. */
async function undo(db: Db, open: OpenRestore, { collections }: StoredBackup): Promise<void> {
  const isLoaded = (name: string) =>
    open.progress.direct === true
      ? collections.some((collection) => collection.name === name)
      : isRestoring(name) && name !== RESTORE_STATE;
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    if (isLoaded(name)) {
      await open.confirm();
      await db.collection(name).drop();
    }
  await open.finish();
}

function identify({ collections }: StoredBackup): string {
  const hash = createHash('sha256');
  for (const collection of collections) hash.update(`${metadataText(collection)}\n${collection.digest}\n`);
  return hash.digest('hex');
}

/** A collection that still has to be loaded. */
interface Unloaded {
  stored: StoredCollection;
  /** The name under which it is loaded. */
  place: string;
  loader?: Loader;
}

async function loadAll(db: Db, open: OpenRestore, backup: StoredBackup, watch: Watch): Promise<void> {
  const { collections } = backup;
  const direct = open.progress.direct === true;
  const isLoaded = ({ name }: StoredCollection) => open.progress.loaded?.includes(name) ?? false;
  const wanted = new Map<string, Unloaded>();
  for (const [index, stored] of collections.entries())
    if (stored.type !== 'view' && !isLoaded(stored))
      wanted.set(stored.name, { stored, place: direct ? stored.name : `restoring.${index}` });
  await refuseViews(db, collections);
  if (!direct) await refuseLossyRename(db, collections);
  for (const { stored, place } of wanted.values()) await prepare(db, place, stored);
  const total = collections.reduce((sum, { documents }) => sum + documents, 0);
  const progress = watch.progress(`Restoring ${db.databaseName}`, total);
  const advance: Loading['advance'] = (documents, before) => progress.advance(documents, before);
  try {
    for (const stored of collections.filter(isLoaded)) advance(stored.documents, true);
    for await (const { name, documents, isLast } of backup.readAll([...wanted.keys()])) {
      const one = wanted.get(name);
      if (one === undefined) continue;
      one.loader ??= await startLoading(db, one.place, one.stored, { confirm: open.confirm, advance });
      await one.loader.take(documents);
      if (!isLast) continue;
      await one.loader.finish();
      await complete(db, one.place, one.stored);
      await open.record({ loaded: [...(open.progress.loaded ?? []), name] });
      wanted.delete(name);
    }
  } finally {
    progress.stop();
  }
  const [lost] = wanted.keys();
  if (lost !== undefined)
    throw new OperatorError(
      `${backup.path} no longer holds ${lost}, which it held when it was verified. Use another backup.`,
    );
  if (direct) {
    const there = new Set((await describeCollections(db)).map(({ name }) => name));
    for (const stored of collections)
      if (stored.type === 'view' && !there.has(stored.name)) await create(db, stored.name, stored);
  }
}

function explain(error: unknown, db: Db, open?: OpenRestore): OperatorError {
  const { databaseName } = db;
  const isBegun = open?.progress.phase !== undefined;
  if (interruption().aborted && isBegun)
    return new OperatorError(
      `The restore into ${databaseName} was interrupted. Run it again: it continues where it stopped.`,
    );
  if (error instanceof OperatorError) return error;
  const message = messageOf(error);
  const { happened, next } = hasCode(error, UNAUTHORIZED)
    ? { happened: 'is not permitted', next: 'Run it as a user who has the role restore.' }
    : { happened: 'stopped', next: `Run it again${isBegun ? ': it continues where it stopped' : ''}.` };
  return new OperatorError(`The restore into ${databaseName} ${happened}: ${message}. ${next}`, { cause: error });
}
