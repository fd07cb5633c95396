import { isDeepStrictEqual } from 'node:util';
import type { CollectionInfo, Db, Document } from 'mongodb';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { moveRenames } from '../../renames.ts';
import { archiveName } from './archives.ts';

const NAMESPACE_NOT_FOUND = 26;
const NAMESPACE_EXISTS = 48;
const MOST_TRIES = 5;

/** What a collection was like before it was renamed, for the run that comes after a killed one. */
interface Note {
  _id: { from: string; to: string };
  /** Tells it from a collection that somebody made since under its old name. */
  uuid: string;
  validation: Document;
}

const notesOf = (db: Db) => db.collection<Note>('migration_renamed_collections');

/**
 * Gives a collection another name. It keeps its documents, indexes and validator, its archives go by the new name too,
 * and so do the renames of its fields, by which a history is read. An empty collection of the new name, as an application
 * makes at its start, gives way. The other direction is the same with the names exchanged.
 *
 * May be run again, wherever it was killed, and while others write under the new name. Who writes under the old one makes
 * that collection anew: stop them first. What they have written is told in the end, and nothing of it is lost.
 * @throws {OperatorError} if there is no such collection, or one of the other name has documents, or an archive of the
 *   other name is there: before anything moves; if documents were written under the old name since: at the end
 */
export async function renameCollection(db: Db, from: string, to: string): Promise<void> {
  const _id = { from, to };
  await refuseArchives(db, from, to);
  await move(db, from, to);
  const note = await notesOf(db).findOne({ _id });
  const moved = await find(db, to);
  // SecantusDB forgets a validator when it renames.
  if (note && moved && !isDeepStrictEqual(validationOf(moved), note.validation))
    await db.command({ collMod: to, ...note.validation });
  for (const [old, name] of await archivesOf(db, from, to)) await db.collection(old).rename(name);
  await moveRenames(db, from, to);
  await giveWay(
    db,
    from,
    `${from} is called ${to} by now, but somebody has written under the old name since. Stop that program, move the ` +
      `documents to ${to}, drop ${from} and run this again. Nothing is lost.`,
  );
  // Also that of the other direction, which this one takes back.
  await notesOf(db).deleteMany({ _id: { $in: [_id, { from: to, to: from }] } });
}

async function move(db: Db, from: string, to: string): Promise<void> {
  const _id = { from, to };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const [source, target, note] = [await find(db, from), await find(db, to), await notesOf(db).findOne({ _id })];
    // What has another UUID than the collection had is a new one of the old name.
    if (target && (!source || (note && note.uuid !== uuidOf(source)))) return;
    if (!source) throw new OperatorError(`${from} cannot be renamed to ${to}: there is neither. Make it first.`);
    try {
      await giveWay(
        db,
        to,
        `${from} cannot be renamed to ${to}, which is there already, with documents. Stop who writes them, move them to ` +
          `${from}, drop ${to} and run this again; or drop ${from}, if nobody needs it. Nothing was changed.`,
      );
      const present = { uuid: uuidOf(source), validation: validationOf(source) };
      await notesOf(db).updateOne({ _id }, { $set: present }, { upsert: true });
      // Already now, for an API that has the new name reads history meanwhile.
      await moveRenames(db, from, to, { keep: true });
      await db.collection(from).rename(to);
    } catch (error) {
      // Somebody has made the one, or taken the other away: look again.
      if (!hasCode(error, NAMESPACE_EXISTS) && !hasCode(error, NAMESPACE_NOT_FOUND)) throw error;
    }
  }
  throw new OperatorError(
    `${from} cannot be renamed to ${to}, which is made anew again and again. Stop who makes it and run this again.`,
  );
}

/**
 * Takes a collection away that holds nothing, if there is one. It is renamed first: what is written by its name from then
 * on lands in another one, so nothing is dropped that was written between the look and the drop.
 * @throws {OperatorError} with the refusal if it has documents; it is in its place then
 */
async function giveWay(db: Db, name: string, refusal: string): Promise<void> {
  const aside = `migration_replaced.${name}`;
  await dropEmpty(db, aside, name, refusal); // since an earlier run
  if (!(await find(db, name))) return;
  if (await hasDocuments(db, name)) throw new OperatorError(refusal);
  await db.collection(name).rename(aside);
  await dropEmpty(db, aside, name, refusal);
}

async function dropEmpty(db: Db, aside: string, name: string, refusal: string): Promise<void> {
  if (!(await find(db, aside))) return;
  if (await hasDocuments(db, aside)) {
    await db
      .collection(aside)
      .rename(name)
      .catch((error: unknown) => {
        if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
        throw new OperatorError(
          `${aside} holds documents that were written to ${name}, which has been made anew since. Move them there, ` +
            `drop ${aside} and run this again.`,
        );
      });
    throw new OperatorError(refusal);
  }
  await db.collection(aside).drop();
}

const hasDocuments = async (db: Db, name: string) =>
  (await db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null;

/** The archives of a collection, by their present name and the other one. Some belong to another that is called `from.…`. */
async function archivesOf(db: Db, from: string, to: string): Promise<[string, string][]> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const others = names.filter((name) => name.startsWith(`${from}.`));
  const isOf = (archive: string, collection: string) => `${archive}.`.startsWith(`${archiveName(collection)}.`);
  return names
    .filter((name) => isOf(name, from) && !others.some((other) => isOf(name, other)))
    .map((name) => [name, archiveName(to) + name.slice(archiveName(from).length)]);
}

async function refuseArchives(db: Db, from: string, to: string): Promise<void> {
  for (const [old, name] of await archivesOf(db, from, to))
    if (await find(db, name))
      throw new OperatorError(
        `${from} cannot be renamed to ${to}: both have an archive, ${old} and ${name}. Delete the one that nobody needs, ` +
          'with npm run migrate:purge, and run this again.',
      );
}

async function find(db: Db, name: string): Promise<CollectionInfo | undefined> {
  const [found] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  return found;
}

const uuidOf = ({ info }: CollectionInfo): string => String(info?.['uuid']);

function validationOf({ options }: CollectionInfo): Document {
  const { validator = {}, validationLevel = 'strict', validationAction = 'error' } = options ?? {};
  return { validator, validationLevel, validationAction };
}
