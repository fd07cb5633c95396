import type { Document } from 'mongodb';
import type { Write } from './write.ts';

/** Commands that only read: `aggregate` and `explain` only if no stage writes. */
export const COMMANDS_THAT_READ: ReadonlySet<string> = new Set(
  (
    'aggregate buildInfo collStats connectionStatus count currentOp dataSize dbHash dbStats distinct explain find ' +
    'getMore getParameter hello killCursors listCollections listDatabases listIndexes ping replSetGetStatus serverStatus'
  ).split(' '),
);

/** Commands of which it is known what they write, each as the method that does the same; for `collMod` there is none. */
export const COMMANDS_THAT_WRITE: Readonly<Record<string, (command: Document) => Write>> = {
  collMod: (command) => ({
    collection: String(command['collMod']),
    operation: 'command collMod',
    parameters: [command],
  }),
  create: ({ create: name, ...options }) => ({
    collection: String(name),
    operation: 'createCollection',
    parameters: [name, options],
  }),
  createIndexes: ({ createIndexes: name, indexes }) => ({
    collection: String(name),
    operation: 'createIndexes',
    parameters: [indexes],
  }),
  drop: ({ drop: name }) => ({ collection: String(name), operation: 'drop', parameters: [] }),
  dropDatabase: () => ({ collection: null, operation: 'dropDatabase', parameters: [] }),
  dropIndexes: ({ dropIndexes: name, index }) => ({
    collection: String(name),
    operation: 'dropIndex',
    parameters: [index],
  }),
};

const METHODS_FOR: Readonly<Record<string, string>> = {
  insert: 'db.collection(NAME).insertMany()',
  update: 'db.collection(NAME).updateMany()',
  delete: 'db.collection(NAME).deleteMany()',
  findAndModify: 'db.collection(NAME).findOneAndUpdate()',
  findandmodify: 'db.collection(NAME).findOneAndUpdate()',
  mapReduce: 'db.collection(NAME).aggregate()',
  mapreduce: 'db.collection(NAME).aggregate()',
  renameCollection: 'db.collection(NAME).rename()',
  convertToCapped: 'db.createCollection(NAME, { capped: true, size: BYTES }) and bulkWrite()',
  cloneCollectionAsCapped: 'db.createCollection(NAME, { capped: true, size: BYTES }) and bulkWrite()',
};

/** What to use instead of a command that is refused. */
export const insteadOfCommand = (name: string): string =>
  Object.hasOwn(METHODS_FOR, name)
    ? `Use ${METHODS_FOR[name]}.`
    : `Use db.collection(NAME).bulkWrite(), or one of the commands ${Object.keys(COMMANDS_THAT_WRITE).join(', ')}.`;
