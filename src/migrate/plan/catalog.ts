import type { Db, Document } from 'mongodb';
import type { Write } from '../run/write.ts';
import { indexesOf, nameOf } from './made-indexes.ts';
import type { IndexDefinition } from '../operations/indexes.ts';

/** A collection in the catalog of a database. */
export interface CatalogEntry {
  name: string;
  options: Document;
  /** The index on `_id` is among them. */
  indexes: IndexDefinition[];
  /** The name under which its documents are stored now; absent for a collection that only exists in the plan. */
  stored?: string;
}

/** The collections of a database, as they would be after the recorded writes. */
export interface Catalog {
  entries: () => CatalogEntry[];
  get: (name: string) => CatalogEntry | undefined;
  apply: (write: Write) => void;
}

const ID_INDEX = { v: 2, key: { _id: 1 }, name: '_id_' };

/** The catalog of a database as it is now. */
export async function readCatalog(db: Db): Promise<Catalog> {
  const found = await db.listCollections({}, { nameOnly: false }).toArray();
  const entries = await Promise.all(
    found.map(async ({ name, options = {}, type }): Promise<CatalogEntry> => {
      const live = type === 'view' ? [] : await db.collection(name).listIndexes().toArray();
      return {
        name,
        stored: name,
        options,
        indexes: live.map((index) => ({ ...index, name: String(index['name']), key: index['key'] })),
      };
    }),
  );
  return catalogOf(entries);
}

/** A catalog that begins with these entries. */
export function catalogOf(initial: readonly CatalogEntry[]): Catalog {
  const entries = new Map(initial.map((entry) => [entry.name, entry]));

  function create(name: string, options: Document = {}): CatalogEntry {
    const { session: _session, comment: _comment, ...own } = options;
    const entry = entries.get(name) ?? { name, options: own, indexes: [ID_INDEX] };
    entries.set(name, entry);
    return entry;
  }

  function rename(from: string, to: string): void {
    const entry = entries.get(from);
    if (!entry) return;
    entries.delete(from);
    entries.set(to, { ...entry, name: to });
  }

  function addIndex(name: string, index: Document): void {
    const { key } = index;
    const definition = { v: 2, ...index, key, name: String(index['name'] ?? nameOf(key)) };
    const entry = create(name);
    entry.indexes = [...entry.indexes.filter((one) => one.name !== definition.name), definition];
  }

  function dropIndex(name: string, which: unknown): void {
    const entry = entries.get(name);
    const isMeant = (index: IndexDefinition) =>
      [which].flat().some((one) => one === '*' || one === index.name || nameOf(one) === index.name);
    if (entry) entry.indexes = entry.indexes.filter((index) => index.name === '_id_' || !isMeant(index));
  }

  function modify(name: string, command: Document): void {
    const { collMod: _name, index, ...changes } = command;
    const entry = create(name);
    entry.options = { ...entry.options, ...changes };
    // The server then forgets that the level was prepared.
    if (changes['validationLevel'] === 'constraint') delete entry.options['prepareConstraintValidationLevel'];
    const { name: which, keyPattern, ...options } = Object(index);
    entry.indexes = entry.indexes.map((one) =>
      one.name === (which ?? nameOf(keyPattern)) ? { ...one, ...options } : one,
    );
  }

  function apply({ collection, operation, parameters: [first, second] }: Write): void {
    if (operation === 'dropDatabase') entries.clear();
    if (collection === null) return;
    if (operation === 'command collMod') modify(collection, Object(first));
    else if (operation === 'createCollection') create(collection, Object(second));
    else if (operation === 'drop') entries.delete(collection);
    else if (operation === 'rename') rename(collection, String(first));
    else if (operation === 'createIndex' || operation === 'createIndexes')
      for (const index of indexesOf(operation, [first, second])) addIndex(collection, index);
    else if (operation === 'dropIndex') dropIndex(collection, first);
    else if (operation === 'dropIndexes') dropIndex(collection, '*');
    else if (operation.startsWith('insert') || operation === 'bulkWrite') create(collection);
  }

  return { entries: () => [...entries.values()], get: (name) => entries.get(name), apply };
}
