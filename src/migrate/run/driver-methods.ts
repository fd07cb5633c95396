/** How a migration may use a property or method of one of the driver's objects. */
type Use =
  | { as: 'property' }
  /** A method that neither writes nor takes the options of an operation. */
  | { as: 'plain' }
  /** A method that reads or writes; `options` is the place of its options among its parameters. */
  | { as: 'read' | 'write'; options: number }
  | { as: 'refused'; instead: string };

type Uses = ReadonlyMap<string | symbol, Use>;

const words = (names: string, use: Use) => names.split(' ').map((name): [string, Use] => [name, use]);
const properties = (names: string) => words(names, { as: 'property' });
const plain = (names: string) => words(names, { as: 'plain' });
const places = (as: 'read' | 'write', methods: Readonly<Record<string, number>>) =>
  Object.entries(methods).map(([name, options]): [string, Use] => [name, { as, options }]);
const reads = (methods: Readonly<Record<string, number>>) => places('read', methods);
const writes = (methods: Readonly<Record<string, number>>) => places('write', methods);
const refused = (names: string, instead: string) => words(names, { as: 'refused', instead });

const SETTINGS = 'readConcern readPreference writeConcern bsonOptions timeoutMS';

/**
 * How a migration may use the properties and methods of the driver's objects; for those that it may not use, what to use
 * instead. Some methods that return other objects are in `handle.ts` instead. A name that is in neither place is refused.
 */
export const USES: Readonly<Record<'client' | 'db' | 'collection' | 'session' | 'cursor', Uses>> = {
  client: new Map<string | symbol, Use>([
    ...properties(`serverApi ${SETTINGS}`),
    ...plain('startSession withSession'),
    ...refused('bulkWrite', 'Use db.collection(NAME).bulkWrite().'),
    ...refused('watch', 'Use find().'),
    ...refused('connect _connect close _close', 'The client is open, and is closed after the migration.'),
    ...refused('appendMetadata checkForNonGenuineHosts', 'Leave it as it is.'),
  ]),
  db: new Map<string | symbol, Use>([
    ...properties(`client databaseName namespace options secondaryOk ${SETTINGS}`),
    ...reads({ listCollections: 1, stats: 0 }),
    ...writes({ dropDatabase: 0 }),
    ...refused('admin', "Use client.db('admin').command(), which reads."),
    ...refused('runCursorCommand watch', 'Use find() or aggregate().'),
    ...refused('indexInformation', 'Use db.collection(NAME).indexes().'),
    ...refused('removeUser profilingLevel setProfilingLevel', 'Change users and settings outside of migrations.'),
  ]),
  collection: new Map<string | symbol, Use>([
    ...properties(`client db dbName collectionName namespace fullNamespace hint ${SETTINGS}`),
    ...reads({ find: 1, findOne: 1, countDocuments: 1, estimatedDocumentCount: 0, count: 1, distinct: 2 }),
    ...reads({ listIndexes: 0, indexes: 0, indexExists: 1, options: 0, isCapped: 0 }),
    ...writes({ insertOne: 1, insertMany: 1, updateOne: 2, updateMany: 2, replaceOne: 2, deleteOne: 1, deleteMany: 1 }),
    ...writes({ findOneAndUpdate: 2, findOneAndReplace: 2, findOneAndDelete: 1, bulkWrite: 1 }),
    ...writes({ createIndex: 1, createIndexes: 1, dropIndex: 1, dropIndexes: 0, drop: 0 }),
    ...refused('initializeOrderedBulkOp initializeUnorderedBulkOp', 'Use bulkWrite().'),
    ...refused('watch', 'Use find().'),
    ...refused('indexInformation', 'Use indexes().'),
    ...refused(
      'listSearchIndexes createSearchIndex createSearchIndexes dropSearchIndex updateSearchIndex',
      'Make search indexes outside of migrations.',
    ),
  ]),
  session: new Map<string | symbol, Use>([
    ...properties('id client hasEnded isPinned loadBalanced'),
    ...plain('startTransaction abortTransaction inTransaction endSession'),
    [Symbol.asyncDispose, { as: 'plain' }],
    ...writes({ commitTransaction: 0 }),
    ...refused(
      'pin unpin equals toBSON advanceOperationTime advanceClusterTime incrementTransactionNumber',
      'Use withTransaction().',
    ),
  ]),
  cursor: new Map<string | symbol, Use>([
    ...properties('id isDead namespace readPreference readConcern closed killed loadBalanced client session'),
    ...plain('hasNext next tryNext forEach toArray close rewind clone map bufferedCount readBufferedDocuments explain'),
    ...plain('addCursorFlag withReadPreference withReadConcern maxTimeMS batchSize'),
    // for find()
    ...plain('count filter hint min max returnKey showRecordId addQueryModifier comment maxAwaitTimeMS'),
    ...plain('project sort allowDiskUse collation limit skip'),
    // for aggregate()
    ...plain('group match lookup redact unwind geoNear'),
    [Symbol.asyncIterator, { as: 'plain' }],
    [Symbol.asyncDispose, { as: 'plain' }],
    ...refused('out', 'Read with aggregate() and write with bulkWrite().'),
    ...refused('addStage', 'Give all stages to aggregate().'),
    ...refused('stream', 'Use for await.'),
    ...refused(
      'trackCursor getMore cursorInit fetchBatch cleanup emitClose transformDocument throwIfInitialized ' +
        '_initialize resolveExplainTimeoutOptions',
      'Use toArray() or for await.',
    ),
  ]),
};
