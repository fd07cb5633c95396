import type { Db, Document } from 'mongodb';
import type { Write } from '../handle.ts';
import type { IndexDefinition } from '../operations/indexes.ts';

/** A collection as the catalog of a database has it. */
export interface CatalogEntry {
  name: string;
  options: Document;
  /** With the one on `_id`. */
  indexes: IndexDefinition[];
}

/** Collections with their options and indexes, as they would be after the writes that were only recorded. */
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
    if (!entry.indexes.some((one) => one.name === definition.name)) entry.indexes.push(definition);
  }

  function dropIndex(name: string, which: unknown): void {
    const entry = entries.get(name);
    if (entry)
      entry.indexes = entry.indexes.filter(
        (index) => index.name === '_id_' || (which !== '*' && index.name !== which && index.name !== nameOf(which)),
      );
  }

  function modify({ collMod: name, ...changes }: Document): void {
    const { validator, validationLevel, validationAction } = changes;
    const entry = create(String(name));
    const set = Object.entries({ validator, validationLevel, validationAction }).filter(
      ([, value]) => value !== undefined,
    );
    entry.options = { ...entry.options, ...Object.fromEntries(set) };
  }

  function applyCommand(operation: string, command: Document): void {
    const [[, subject = ''] = []] = Object.entries(command);
    const name = String(subject);
    if (operation === 'command collMod') modify(command);
    else if (operation === 'command create') create(name, command);
    else if (operation === 'command drop') entries.delete(name);
    else if (operation === 'command createIndexes')
      for (const index of Array.isArray(command['indexes']) ? command['indexes'] : []) addIndex(name, index);
    else if (operation === 'command dropIndexes') dropIndex(name, command['index']);
  }

  function apply({ collection, operation, parameters }: Write): void {
    const [first, second] = parameters;
    const name = collection ?? String(first);
    const many: unknown[] = Array.isArray(first) ? first : [];
    if (operation.startsWith('command ')) applyCommand(operation, Object(first));
    else if (operation === 'createCollection') create(name, Object(second));
    else if (operation === 'drop' || operation === 'dropCollection') entries.delete(name);
    else if (operation === 'dropDatabase') entries.clear();
    else if (operation === 'rename') rename(name, String(first));
    else if (operation === 'renameCollection') rename(name, String(second));
    else if (operation === 'createIndexes') for (const index of many) addIndex(name, Object(index));
    else if (operation === 'createIndex' && collection === null)
      addIndex(name, { ...Object(parameters[2]), key: keyOf(second) });
    else if (operation === 'createIndex') addIndex(name, { ...Object(second), key: keyOf(first) });
    else if (operation === 'dropIndex') dropIndex(name, first);
    else if (operation === 'dropIndexes') dropIndex(name, '*');
    else if (operation.startsWith('insert') || operation === 'bulkWrite') create(name);
  }

  return { entries: () => [...entries.values()], get: (name) => entries.get(name), apply };
}

/** `title`, `['a', 'b']` or `{ a: 1, b: -1 }` as a key; the driver takes other forms too, which migrations here do not use. */
function keyOf(specification: unknown): Document {
  if (typeof specification === 'string') return { [specification]: 1 };
  if (Array.isArray(specification)) return Object.fromEntries(specification.map((field) => [String(field), 1]));
  return Object(specification);
}

const nameOf = (key: unknown) => Object.entries(keyOf(key)).flat().join('_');
