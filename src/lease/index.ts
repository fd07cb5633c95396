export { isAlive } from './alive.ts';
export { NOW_MS, type LeaseDocument } from './document.ts';
export { isLeftover, markInUse, markUnused } from './in-use.ts';
export { LeaseLost, type Lease } from './keep.ts';
export { readHolder, takeLease, type Holder } from './lease.ts';
export { thisProcess, type Owner } from './owner.ts';
export { MIGRATIONS, RESTORE, SCRATCH } from './places.ts';
