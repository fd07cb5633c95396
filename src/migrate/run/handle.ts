import { AbstractCursor, ClientSession, Collection, Db, MongoClient, type DbOptions, type Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { COMMANDS_THAT_READ, COMMANDS_THAT_WRITE, insteadOfCommand } from './driver-commands.ts';
import { USES } from './driver-methods.ts';
import { RUN, type RunContext } from './run-context.ts';
import type { Intercept, Write } from './write.ts';

interface Options {
  /** The database that is migrated. `client.db()` without a name means this one, not the connection's. */
  databaseName: string;
  intercept: Intercept;
  /** Answers a read of that database instead of the driver; `undefined` if the driver is to answer. */
  read?: (read: Write) => unknown;
  /** The name under which a collection is stored, if its rename was only recorded. */
  storedAs?: (collection: string) => string;
  /** The run that the client is for. */
  run?: RunContext;
  /** Added to the options of every operation, reads included: a `session`, a `comment`. */
  options?: Document;
}

/** The driver's object for each handle. */
const REAL = new WeakMap<object, object>();

/**
 * The client that a migration gets: the driver's, except that each write goes through `intercept`. All objects that it
 * returns are such handles too: databases, collections, cursors, sessions. A method of which it is not known what it writes
 * is refused, and so is a write to another database: neither would be planned or fenced.
 */
export function interceptWrites(client: MongoClient, context: Options): MongoClient {
  return guard(client, 'client', context, {
    db: (name = context.databaseName, options?: DbOptions) => guardDatabase(client.db(name, options), context),
  });
}

function guardDatabase(db: Db, context: Options): Db {
  const database = db.databaseName;
  const handle: Db = guard(db, 'db', context, {
    aggregate: (pipeline: unknown, options?: Document) => aggregate(db, pipeline, options, context),
    collection: (name: string, options?: Document) => guardCollection(db, name, options, context),
    async collections(options?: Document) {
      const all = await handle.listCollections({}, { ...options, nameOnly: true }).toArray();
      return all.map(({ name }) => handle.collection(name));
    },
    command(given: Document | Map<string, unknown>, options?: Document) {
      const command = objectOf(given);
      const [name = ''] = Object.keys(command);
      if (command['pipeline'] !== undefined) command['pipeline'] = stagesOf(command['pipeline']);
      const send = async () => call(db, 'command', withOptions([command, options], 1, context), context);
      if (COMMANDS_THAT_READ.has(name)) return send();
      const writeOf = Object.hasOwn(COMMANDS_THAT_WRITE, name) ? COMMANDS_THAT_WRITE[name] : undefined;
      if (writeOf === undefined) throw refusal(`db.command({ ${name} })`, insteadOfCommand(name));
      return write(writeOf(command), send, database, context);
    },
    async createCollection(name: string, options?: Document) {
      const send = sending(db, 'createCollection', 1, context);
      await write(
        { collection: name, operation: 'createCollection', parameters: [name, options] },
        send,
        database,
        context,
      );
      return handle.collection(name);
    },
    createIndex: (name: string, key: Document, options?: Document) => handle.collection(name).createIndex(key, options),
    dropCollection: (name: string, options?: Document) => handle.collection(name).drop(options),
    renameCollection: (name: string, to: string, options?: Document) => handle.collection(name).rename(to, options),
  });
  return handle;
}

function guardCollection(db: Db, collectionName: string, options: Document | undefined, context: Options): Collection {
  const { databaseName } = db;
  const isMigrated = databaseName === context.databaseName;
  const stored = (isMigrated ? context.storedAs?.(collectionName) : undefined) ?? collectionName;
  const collection = db.collection(stored, options);
  return guard(collection, 'collection', context, {
    collectionName,
    aggregate: (pipeline: unknown, options?: Document) => aggregate(collection, pipeline, options, context),
    async rename(to: string, options?: Document) {
      const rename = { collection: collectionName, operation: 'rename', parameters: [to, options] };
      await write(rename, sending(collection, 'rename', 1, context), databaseName, context);
      return guardCollection(db, to, undefined, context);
    },
  });
}

function guardSession(session: ClientSession, context: Options): ClientSession {
  const handle: ClientSession = guard(session, 'session', context, {
    withTransaction: (work: (session: ClientSession) => Promise<unknown>, options?: Document) =>
      session.withTransaction(async () => {
        const done = await work(handle);
        const commit = { collection: null, operation: 'commitTransaction', parameters: [] };
        // The driver commits after this function: here is the last moment to prevent that.
        await context.intercept(commit, async () => {});
        return done;
      }, options),
  });
  return handle;
}

/** The handle for an object of the driver; any other value as it is. */
function guarded(value: unknown, context: Options): unknown {
  if (value instanceof MongoClient) return interceptWrites(value, context);
  if (value instanceof Db) return guardDatabase(value, context);
  if (value instanceof Collection) return guardCollection(value.db, value.collectionName, undefined, context);
  if (value instanceof ClientSession) return guardSession(value, context);
  return value instanceof AbstractCursor ? guard(value, 'cursor', context) : value;
}

/**
 * The handle for an object of the driver. It is an instance of the same class without the object's fields: a name works as
 * `own` or `USES` says, or it is refused.
 */
function guard<Target extends object>(
  target: Target,
  kind: keyof typeof USES,
  context: Options,
  own: Readonly<Record<string, unknown> & { collectionName?: string }> = {},
): Target {
  const collection = own['collectionName'] ?? null;
  const database = databaseOf(target) ?? context.databaseName;
  const shell: Target = Object.create(Object.getPrototypeOf(target));
  const handle = new Proxy(shell, {
    get(_shell, name) {
      if (name === RUN) return context.run;
      if (typeof name === 'string' && Object.hasOwn(own, name)) return own[name];
      const use = USES[kind].get(name);
      if (use?.as === 'property') return guarded(Reflect.get(target, name, target), context);
      if (use?.as === 'plain') return (...parameters: unknown[]) => call(target, name, parameters, context);
      const operation = String(name);
      if (use?.as === 'read')
        return (...parameters: unknown[]) => {
          const read = database === context.databaseName ? context.read : undefined;
          const answer = read?.({ collection, operation, parameters });
          return answer ?? call(target, name, withOptions(parameters, use.options, context), context);
        };
      if (use?.as === 'write')
        return (...parameters: unknown[]) =>
          write({ collection, operation, parameters }, sending(target, name, use.options, context), database, context);
      if (use?.as === 'refused')
        return () => {
          throw refusal(`${kind}.${operation}()`, use.instead);
        };
      if (name in Object.prototype) return Reflect.get(shell, name);
      if (typeof name === 'symbol' || !(name in target)) return undefined;
      throw refusal(`${kind}.${name}`, 'Read with find() or aggregate(), and write with bulkWrite().');
    },
    set(_shell, name) {
      throw refusal(`${kind}.${String(name)} =`, 'Give settings as options of a method.');
    },
  });
  REAL.set(handle, target);
  return handle;
}

const databaseOf = (target: object) =>
  target instanceof Db ? target.databaseName : target instanceof Collection ? target.dbName : undefined;

function write(write: Write, send: Parameters<Intercept>[1], database: string, context: Options): Promise<unknown> {
  if (database === context.databaseName) return context.intercept(write, send);
  throw new OperatorError(
    `A migration of ${context.databaseName} cannot write to ${database}: it would be neither planned nor fenced ` +
      `(${write.operation}). Write to ${database} from a program of its own.`,
  );
}

const refusal = (what: string, instead: string) =>
  new OperatorError(
    `${what} cannot be used in a migration: what it may write would be neither planned nor fenced. ${instead}`,
  );

/** A pipeline that ends in $out or $merge writes, but only when its cursor is read. */
function aggregate(target: Db | Collection, pipeline: unknown, options: unknown, context: Options): unknown {
  return call(target, 'aggregate', withOptions([stagesOf(pipeline), options], 1, context), context);
}

/** A copy of the stages, so that later changes of the list have no effect. */
function stagesOf(pipeline: unknown): unknown {
  if (!Array.isArray(pipeline)) return pipeline;
  const stages = pipeline.map(objectOf);
  if (stages.some((stage) => Object.hasOwn(stage, '$out') || Object.hasOwn(stage, '$merge')))
    throw refusal('aggregate() with $out or $merge', 'Read with aggregate() and write with bulkWrite().');
  return stages;
}

const objectOf = (value: unknown): Document =>
  value instanceof Map ? Object.fromEntries(value) : { ...Object(value) };

function withOptions(parameters: readonly unknown[], place: number, { options }: Options): unknown[] {
  if (options === undefined) return [...parameters];
  const filled = Array.from({ length: Math.max(parameters.length, place + 1) }, (_, index) => parameters[index]);
  filled[place] = { ...Object(filled[place]), ...options };
  return filled;
}

const sending =
  (target: object, name: string | symbol, place: number, context: Options) => async (parameters: readonly unknown[]) =>
    call(target, name, withOptions(parameters, place, context), context);

/** Calls a method of the driver. Handles of sessions become the driver's sessions; results and callback parameters become handles. */
function call(target: object, name: string | symbol, parameters: readonly unknown[], context: Options): unknown {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new Error(`the driver has no ${String(name)}()`);
  const real = parameters.map((parameter) => {
    if (typeof parameter === 'function')
      return (...given: unknown[]): unknown =>
        Reflect.apply(
          parameter,
          undefined,
          given.map((one) => guarded(one, context)),
        );
    const session = REAL.get(Object(parameter).session);
    return session ? { ...Object(parameter), session } : parameter;
  });
  return guarded(Reflect.apply(method, target, real), context);
}
