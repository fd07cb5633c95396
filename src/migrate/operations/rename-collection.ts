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
  /** Differs from that of a collection that somebody made since under the old name. */
  uuid: string;
  validation: Document;
}

const notesOf = (db: Db) => db.collection<Note>('migration_renamed_collections');

/**
 * Gives a collection another name. The collection keeps its documents, indexes and validator. Its archives and the
 * recorded renames of its fields get the new name too. An empty collection of the new name, as an application makes one
 * at its start, is replaced. To undo it, call it with the names exchanged.
 *
 * May be run again, wherever it was killed, and while others write under the new name. A program that writes under the
 * old name makes a new collection: stop it first. If one did so, this throws at the end, and nothing that was written
 * is lost.
 * @throws {OperatorError} before anything changes: if there is no such collection, if a collection of the new name has
 *   documents, or if both names have an archive; at the end: if documents were written under the old name since
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
  await dropIfEmpty(
    db,
    from,
    `${from} was renamed to ${to}, but a program has written to ${from} since. Stop that program, move these documents to ` +
      `${to}, drop ${from} and run this again. Nothing is lost.`,
  );
  // The note of the other direction too, which this call undoes.
  await notesOf(db).deleteMany({ _id: { $in: [_id, { from: to, to: from }] } });
}

async function move(db: Db, from: string, to: string): Promise<void> {
  const _id = { from, to };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const [source, target, note] = [await find(db, from), await find(db, to), await notesOf(db).findOne({ _id })];
    // A source with another UUID than the note has is a new collection of the old name.
    if (target && (!source || (note && note.uuid !== uuidOf(source)))) return;
    if (!source)
      throw new OperatorError(`${from} cannot be renamed to ${to}: there is no collection ${from}. Make it first.`);
    try {
      await dropIfEmpty(
        db,
        to,
        `${from} cannot be renamed to ${to}: a collection ${to} with documents is there already. Stop the program that ` +
          `writes to it, move its documents to ${from}, drop ${to} and run this again; or drop ${from}, if nobody needs it. ` +
          'Nothing was changed.',
      );
      const present = { uuid: uuidOf(source), validation: validationOf(source) };
      await notesOf(db).updateOne({ _id }, { $set: present }, { upsert: true });
      // Done before the rename too: an API that knows the new name reads history meanwhile.
      await moveRenames(db, from, to, { keep: true });
      await db.collection(from).rename(to);
    } catch (error) {
      // Somebody has made the one, or taken the other away: look again.
      if (!hasCode(error, NAMESPACE_EXISTS) && !hasCode(error, NAMESPACE_NOT_FOUND)) throw error;
    }
  }
  throw new OperatorError(
    `${from} cannot be renamed to ${to}: some program makes ${to} again each time. Stop that program and run this again.`,
  );
}

/**
 * Drops a collection if it is there and empty. It is renamed before: a document that is written by its name from then
 * on lands in a new collection, and is not dropped.
 * @throws {OperatorError} with the refusal if the collection has documents; then it stays
 */
async function dropIfEmpty(db: Db, name: string, refusal: string): Promise<void> {
  const aside = `migration_replaced.${name}`;
  await dropAside(db, aside, name, refusal); // left by an earlier run
  if (!(await find(db, name))) return;
  if (await hasDocuments(db, name)) throw new OperatorError(refusal);
  await db.collection(name).rename(aside);
  await dropAside(db, aside, name, refusal);
}

async function dropAside(db: Db, aside: string, name: string, refusal: string): Promise<void> {
  if (!(await find(db, aside))) return;
  if (await hasDocuments(db, aside)) {
    await db
      .collection(aside)
      .rename(name)
      .catch((error: unknown) => {
        if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
        throw new OperatorError(
          `${aside} holds documents that were written to ${name}, which somebody made again since. Move them there, ` +
            `drop ${aside} and run this again.`,
        );
      });
    throw new OperatorError(refusal);
  }
  await db.collection(aside).drop();
}

const hasDocuments = async (db: Db, name: string) =>
  (await db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null;

/**
 * The archives of a collection, as pairs of their present and their new name; without those of a collection `from.…`.
 */
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
