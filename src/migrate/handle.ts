import { Db, MongoClient, type Collection, type Document } from 'mongodb';
import { OperatorError } from '../operator-error.ts';
import { RUN, type RunContext } from './run-context.ts';

/** A write, or a read, that a migration asks for. */
export interface Write {
  /** `null` for one that concerns the whole database. */
  collection: string | null;
  /** The driver's method, or `command` and its name: `updateMany`, `command collMod`. */
  operation: string;
  parameters: readonly unknown[];
}

/** Decides over each write: `send` passes it on, with these parameters, and gives the driver's answer. */
export type Intercept = (write: Write, send: (parameters: readonly unknown[]) => Promise<unknown>) => Promise<unknown>;

/** Answers a read in the driver's place; `undefined` lets the driver answer. */
type Read = (read: Write) => unknown;

interface Options {
  /** The database that is migrated: `client.db()` without a name is that one, and not the connection's. */
  databaseName: string;
  intercept: Intercept;
  read?: Read;
  /** The run that the client is handed out for. */
  run?: RunContext;
  /** Added to the options of every operation, reads included: a `session`, a `comment`. */
  options?: Document;
}

/** Methods by the place of their options among the parameters. */
type Methods = Readonly<Record<string, number>>;

const COLLECTION_READS: Methods = {
  find: 1,
  findOne: 1,
  countDocuments: 1,
  estimatedDocumentCount: 0,
  distinct: 2,
  listIndexes: 0,
  indexes: 0,
  indexExists: 1,
  options: 0,
  isCapped: 0,
};

const COLLECTION_WRITES: Methods = {
  insertOne: 1,
  insertMany: 1,
  updateOne: 2,
  updateMany: 2,
  replaceOne: 2,
  deleteOne: 1,
  deleteMany: 1,
  findOneAndUpdate: 2,
  findOneAndReplace: 2,
  findOneAndDelete: 1,
  bulkWrite: 1,
  createIndex: 1,
  createIndexes: 1,
  dropIndex: 1,
  dropIndexes: 0,
  drop: 0,
  rename: 1,
};

const DATABASE_READS: Methods = { listCollections: 1, stats: 0, indexInformation: 1 };

const DATABASE_WRITES: Methods = {
  createCollection: 1,
  dropCollection: 1,
  renameCollection: 2,
  dropDatabase: 0,
  createIndex: 2,
};

const COMMANDS_THAT_READ = new Set(
  (
    'aggregate buildInfo collStats connectionStatus count dbHash dbStats distinct explain ' +
    'find hello listCollections listIndexes ping serverStatus validate'
  ).split(' '),
);

/** Commands that a method of the collection sends as well, by which it is seen what they write to. */
const METHODS_FOR: Readonly<Record<string, string>> = {
  insert: 'insertMany',
  update: 'updateMany',
  delete: 'deleteMany',
  findAndModify: 'findOneAndUpdate',
  findandmodify: 'findOneAndUpdate',
  bulkWrite: 'bulkWrite',
  mapReduce: 'aggregate',
  mapreduce: 'aggregate',
  renameCollection: 'rename',
};

/**
 * The client that a migration is given: the driver's, but each write goes through `intercept`.
 * What neither reads nor writes in a known way is refused: a write that nobody saw would be neither planned nor fenced.
 */
export function interceptWrites(client: MongoClient, options: Options): MongoClient {
  return guarded(client, 'client', options, {
    db: (name = options.databaseName) => interceptDatabase(client.db(name), options),
    startSession: client.startSession.bind(client),
    withSession: client.withSession.bind(client),
  });
}

function interceptDatabase(db: Db, context: Options): Db {
  const aggregate = (pipeline: Document[], options?: Document) => aggregateOn(db, null, [pipeline, options], context);
  return guarded(db, 'db', context, {
    ...methods(db, null, DATABASE_READS, DATABASE_WRITES, context),
    aggregate,
    collection: (name: string, options?: Document) => interceptCollection(db.collection(name, options), context),
    collections: async () => (await db.collections()).map((collection) => interceptCollection(collection, context)),
    command(command: Document, options?: Document) {
      const [name = ''] = Object.keys(command);
      if (METHODS_FOR[name] !== undefined)
        throw new OperatorError(
          `db.command({ ${name} }) cannot be watched over. Use db.collection(NAME).${METHODS_FOR[name]}().`,
        );
      if (writesByPipeline(command['pipeline'])) throw writingPipeline(String(command[name]));
      const send = (parameters: readonly unknown[]) => call(db, 'command', withOptions(parameters, 1, context));
      if (COMMANDS_THAT_READ.has(name)) return send([command, options]);
      const target: unknown = command[name];
      const collection = typeof target === 'string' ? target : null;
      return context.intercept({ collection, operation: `command ${name}`, parameters: [command, options] }, send);
    },
  });
}

function interceptCollection(collection: Collection, context: Options): Collection {
  const { collectionName } = collection;
  return guarded(collection, 'collection', context, {
    ...methods(collection, collectionName, COLLECTION_READS, COLLECTION_WRITES, context),
    aggregate: (pipeline: Document[], options?: Document) =>
      aggregateOn(collection, collectionName, [pipeline, options], context),
  });
}

function methods(target: object, collection: string | null, reads: Methods, writes: Methods, context: Options) {
  const reading = Object.entries(reads).map(([name, place]) => [
    name,
    (...parameters: unknown[]) =>
      context.read?.({ collection, operation: name, parameters }) ??
      call(target, name, withOptions(parameters, place, context)),
  ]);
  const writing = Object.entries(writes).map(([operation, place]) => [
    operation,
    (...parameters: unknown[]) =>
      context.intercept({ collection, operation, parameters }, async (changed) =>
        call(target, operation, withOptions(changed, place, context)),
      ),
  ]);
  return Object.fromEntries([...reading, ...writing]);
}

/** A pipeline that ends in $out or $merge writes, but only when its cursor is read. */
function aggregateOn(target: object, collection: string | null, parameters: unknown[], context: Options): unknown {
  if (writesByPipeline(parameters[0])) throw writingPipeline(collection ?? 'the database');
  return call(target, 'aggregate', withOptions(parameters, 1, context));
}

const writingPipeline = (target: string) =>
  new OperatorError(
    `aggregate() with $out or $merge on ${target} cannot be watched over. Read with aggregate() and write with bulkWrite().`,
  );

const writesByPipeline = (pipeline: unknown) =>
  Array.isArray(pipeline) &&
  pipeline.some((stage) => Object.hasOwn(Object(stage), '$out') || Object.hasOwn(Object(stage), '$merge'));

function withOptions(parameters: readonly unknown[], place: number, { options }: Options): unknown[] {
  if (options === undefined) return [...parameters];
  const filled = Array.from({ length: Math.max(parameters.length, place + 1) }, (_, index) => parameters[index]);
  filled[place] = { ...Object(filled[place]), ...options };
  return filled;
}

function call(target: object, name: string, parameters: readonly unknown[]): Promise<unknown> {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new Error(`the driver has no ${name}()`);
  return Reflect.apply(method, target, parameters);
}

/** The target with some methods replaced and all others refused; properties that are no methods stay. */
function guarded<Target extends object>(
  target: Target,
  kind: string,
  options: Options,
  replaced: Readonly<Record<string, unknown>>,
): Target {
  return new Proxy(target, {
    get(_target, name) {
      if (name === RUN) return options.run;
      if (typeof name === 'string' && Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      if (value instanceof MongoClient) return interceptWrites(value, options);
      if (value instanceof Db) return interceptDatabase(value, options);
      if (typeof value !== 'function' || typeof name === 'symbol') return value;
      return () => {
        throw new OperatorError(`${kind}.${name}() cannot be used in a migration: it is not known whether it writes.`);
      };
    },
  });
}
