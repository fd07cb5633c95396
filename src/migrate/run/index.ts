export { describeUnfinished, inWords, lastApplied, unusableIn, type State } from './checks.ts';
export { readNames } from './files.ts';
export { readHistory, type Entry } from './journal.ts';
export { LeaseBusy, readMigrator, takeMigrationLease } from './lease.ts';
export { pacer, readControl, setControl } from './pace.ts';
export { compare, type Readiness } from './readiness.ts';
export { findingsOf, leaseOptions, readState, run, type Migrating, type Step } from './runner.ts';
export { down, resume, rollback, stamp, to, up } from './verbs.ts';
