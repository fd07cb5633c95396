import { ObjectId, type Document } from 'mongodb';
import { isOwn } from '../own-collections.ts';
import type { CollectionDefinition } from '../schema/index.ts';
import type { Sent } from './sent-commands.ts';

/** Commands that read and write no documents, and those that go on with a command before. */
const WITHOUT_DOCUMENTS = new Set([
  'abortTransaction',
  'buildInfo',
  'commitTransaction',
  'create',
  'createIndexes',
  'getMore',
  'killCursors',
  'listCollections',
  'listIndexes',
]);

/** A filter of a command, or a document that it inserts. */
type Part = readonly [collection: string, filter: Document];

/**
 * The commands that a sharded cluster could not send to the shards of the members alone that they are about, as
 * `find probes`.
 * @throws {Error} about a command, or a collection, of which it is not known
 */
export function untargeted(sent: readonly Sent[], definitions: readonly CollectionDefinition[]): string[] {
  const keys = new Map(definitions.map(({ name, shardKey }) => [name, Object.keys(shardKey ?? {})]));
  const found = sent.flatMap((one) =>
    partsOf(one)
      .filter(([collection, filter]) => {
        // A collection of the program's own is on one shard.
        const fields = keys.get(collection) ?? (isOwn(collection) ? [] : undefined);
        if (!fields) throw new Error(`no definition says how ${collection} is sharded`);
        return !fields.every((field) => isEqual(filter[field]));
      })
      .map(([collection]) => `${one.commandName} ${collection}`),
  );
  return [...new Set(found)];
}

/** Whether a condition at the top level of a filter names one value, or some. */
function isEqual(condition: unknown): boolean {
  if (typeof condition === 'string' || condition instanceof ObjectId) return true;
  const operators = Object.keys(Object(condition));
  return operators.length === 1 && (operators[0] === '$eq' || operators[0] === '$in');
}

function partsOf({ commandName, command }: Sent): Part[] {
  const collection = String(command[commandName]);
  const documents = (name: string): Document[] => command[name] ?? [];
  switch (commandName) {
    case 'find':
      return [[collection, command['filter']]];
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return [[collection, command['query'] ?? {}]];
    case 'aggregate':
      return [[collection, command['pipeline'][0]?.$match ?? {}]];
    case 'insert':
      return documents('documents').map((document) => [collection, document]);
    case 'update':
      return documents('updates').map(({ q }) => [collection, q]);
    case 'delete':
      return documents('deletes').map(({ q }) => [collection, q]);
    case 'bulkWrite':
      return documents('ops').map((operation) => partOfBulk(operation, documents('nsInfo')));
    default:
      if (WITHOUT_DOCUMENTS.has(commandName)) return [];
      throw new Error(`it is not known where ${commandName} has its filter`);
  }
}

function partOfBulk(operation: Document, names: readonly Document[]): Part {
  const place = operation['insert'] ?? operation['update'] ?? operation['delete'];
  const namespace = String(names[place]?.['ns']);
  return [namespace.slice(namespace.indexOf('.') + 1), operation['filter'] ?? operation['document']];
}
