import { describe, expect, test } from '@jest/globals';
import { MongoServerError } from 'mongodb';
import { isPassing } from './error-code.ts';

describe('an error of the database', () => {
  test.each([
    ['CursorNotFound', 43],
    ['LockBusy', 46],
    ['MaxTimeMSExpired', 50],
    ['WriteConcernTimeout', 64],
    ['LockFailed', 107],
    ['WriteConflict', 112],
    ['FailedToSatisfyReadPreference', 133],
    ['QueryPlanKilled', 175],
    ['DatabaseDropPending', 215],
    ['ElectionInProgress', 216],
    ['CursorKilled', 237],
    ['SnapshotTooOld', 239],
    ['SnapshotUnavailable', 246],
    ['StaleDbVersion', 249],
    ['StaleChunkHistory', 250],
    ['NoSuchTransaction', 251],
    ['TooManyLogicalSessions', 261],
    ['TooManyFilesOpen', 264],
    ['PreparedTransactionInProgress', 267],
    ['MigrationConflict', 272],
    ['ClientDisconnect', 279],
    ['TransactionCoordinatorSteppingDown', 281],
    ['TransactionCoordinatorReachedAbortDecision', 282],
    ['MovePrimaryInProgress', 319],
    ['InterruptedDueToStorageChange', 355],
    ['InternalTransactionNotSupported', 358],
    ['RetryableTransactionInProgress', 363],
    ['TemporarilyUnavailable', 365],
    ['UserWritesBlocked', 371],
    ['ResourceExhausted', 402],
    ['MigrationBlockingOperationCoordinatorCleaningUp', 406],
    ['PooledConnectionAcquisitionExceededTimeLimit', 407],
    ['UpdatesStillPending', 412],
    ['AdmissionQueueOverflow', 433],
    ['RateLimitExceeded', 449],
    ['PooledConnectionAcquisitionRejected', 450],
    ['InterruptedDueToReshardingCriticalSection', 453],
    ['IngressRequestRateLimitExceeded', 462],
    ['LegacyNotPrimary', 10_058],
    ['NotWritablePrimary', 10_107],
    ['Interrupted', 11_601],
    ['OutOfDiskSpace', 14_031],
    ['ClientMarkedKilled', 46_841],
    ['BackupCursorOpenConflictWithCheckpoint', 50_915],
    ['RetriableRemoteCommandFailure', 91_331],
    ['InterruptedDueToFCVChange', 10_045_600],
    ['TooManyOpenTransactions', undefined],
    ['QueryKilledError', undefined],
  ])('%s (%s) passes', (codeName, code) => {
    expect(isPassing(new MongoServerError(code === undefined ? { codeName } : { code }))).toBe(true);
  });

  test.each(['RetryableError', 'RetryableWriteError', 'SystemOverloadedError', 'TransientTransactionError'])(
    'with the label %s passes, whatever its code',
    (label) => {
      expect(isPassing(new MongoServerError({ code: 1, errorLabels: [label] }))).toBe(true);
    },
  );

  test.each([
    ['InternalError', 1],
    ['BadValue', 2],
    ['Unauthorized', 13],
    ['AuthenticationFailed', 18],
    ['NamespaceNotFound', 26],
    ['UnknownReplWriteConcern', 79],
    ['OperationFailed', 96],
    ['CommandNotSupported', 115],
    ['DocumentValidationFailure', 121],
    ['ExceededMemoryLimit', 146],
    ['TransactionTooLarge', 257],
    ['QueryExceededMemoryLimitNoDiskUseAllowed', 292],
    ['QueryRejectedBySettings', 411],
    ['BSONObjectTooLarge', 10_334],
    ['DuplicateKey', 11_000],
  ])('%s (%i) stays', (codeName, code) => {
    expect(isPassing(new MongoServerError({ code, codeName, errorLabels: ['NoWritesPerformed'] }))).toBe(false);
  });
});
