import { MongoBulkWriteError, MongoError, MongoServerError, MongoServerSelectionError, type WriteError } from 'mongodb';

/** Two documents would have one value in a unique index. See "Error Codes" in MongoDB's manual. */
export const DUPLICATE_KEY = 11_000;

/** A document breaks the validator of its collection. */
export const INVALID_DOCUMENT = 121;

/** A document would be larger than 16 MiB. */
export const DOCUMENT_TOO_LARGE = 10_334;

/** An operation took longer than its maxTimeMS. */
export const MAX_TIME_MS_EXPIRED = 50;

/** The server is too old for a command. */
export const COMMAND_NOT_FOUND = 59;

/** An index contradicts what the collection has, for example its shard key. */
export const CANNOT_CREATE_INDEX = 67;

/** The user may not do that. */
export const UNAUTHORIZED = 13;

/** OutOfDiskSpace. */
export const OUT_OF_DISK_SPACE = 14_031;

/** The codes of errors after which the driver repeats a read (specifications/source/retryable-reads). */
const RETRIABLE = new Set([6, 7, 89, 91, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether a read that has failed may succeed at once, on another server or connection. */
export const isRetriable = (error: unknown): boolean =>
  error instanceof MongoServerError && RETRIABLE.has(Number(error.code));

/** The codes of errors that may pass, by their groups in src/mongo/base/error_codes.yml of the server's source. */
const PASSING = new Set([
  ...RETRIABLE,
  // RetriableError: no network, no primary, shutting down, changing its shape or out of something
  358,
  402,
  406,
  407,
  412,
  453,
  462,
  50_915,
  91_331,
  10_045_600,
  // Interruption and ExceededTimeLimitError: the operation was ended from outside
  24,
  50,
  202,
  237,
  279,
  281,
  282,
  290,
  355,
  11_601,
  46_841,
  // SystemOverloadedError
  433,
  449,
  450,
  // SnapshotError and StaleShardVersionError: what it read from is gone, or has moved
  63,
  150,
  239,
  246,
  249,
  250,
  272,
  13_388,
  // WriteConcernError
  64,
  100,
  // In no group: something else is in the way, or a limit is reached
  43,
  46,
  107,
  112,
  133,
  175,
  215,
  216,
  234,
  251,
  261,
  264,
  267,
  319,
  363,
  365,
  371,
  10_058,
  OUT_OF_DISK_SPACE,
]);

/** The names of such errors in MongoDB 9.0, whose codes are not published. */
const PASSING_NAMES = new Set(['TooManyOpenTransactions', 'QueryKilledError']);

/** The labels by which the server marks such errors. */
const PASSING_LABELS = ['RetryableError', 'RetryableWriteError', 'SystemOverloadedError', 'TransientTransactionError'];

/** Whether an error of MongoDB may pass, so that repeating the operation may succeed. */
export const isPassing = (error: MongoServerError): boolean =>
  PASSING.has(Number(error.code)) ||
  PASSING_NAMES.has(error.codeName ?? '') ||
  PASSING_LABELS.some((label) => error.hasErrorLabel(label));

/** Whether an error of Node or MongoDB has the given code. */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/**
 * What the database says of the documents that it refused, in the error of an unordered insert. All others are stored.
 * @throws the error itself if it is about the whole command: that was not acknowledged, or names no document
 */
export function writeErrorsOf(error: unknown): WriteError[] {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
  const writeErrors = [error.writeErrors].flat();
  if (writeErrors.length === 0) throw error;
  return writeErrors;
}

/** Whether the database has not got the command that failed, or says that it has not begun it. */
export function wasNotSent(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  // A standalone server gets nothing twice; elsewhere an attempt before this one may have been made.
  if (error instanceof MongoServerSelectionError) return error.reason?.type === 'Single';
  return UNSENT_NAMES.has(error.name) || UNSENT_LABELS.some((label) => error.hasErrorLabel(label));
}

/** Errors of getting a connection; the driver exports only some of these classes. */
const UNSENT_NAMES = new Set(['MongoNotConnectedError', 'MongoPoolClearedError', 'MongoWaitQueueTimeoutError']);
const UNSENT_LABELS = ['HandshakeError', 'NoWritesPerformed', 'SystemOverloadedError'];
