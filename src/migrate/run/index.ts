export { describeUnfinished, findingsOf, inWords, unusableIn } from './checks.ts';
export { readNames } from './files.ts';
export { readHistory, runningBackfills, type Entry } from './journal.ts';
export { LeaseBusy, readMigrator } from './lease.ts';
export { pacer, readControl, setControl } from './pace.ts';
export { compare, type Readiness } from './readiness.ts';
export { run, withRun, type Migrating } from './runner.ts';
export { lastApplied, readState, type State } from './state.ts';
export { stepsDown, stepsTo, stepsToResume, stepsToRollBack, stepsToStamp, stepsUp, type Step } from './steps.ts';
