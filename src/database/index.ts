export { connect, connectionString, openDatabase, type Database } from './connect.ts';
export { copyDatabase, copyDocuments } from './copy.ts';
export { VALIDATION, initialiseCollections, isEmpty } from './init.ts';
export { probeOf, type Probe } from './probe.ts';
export { sweepScratch, withScratch } from './scratch.ts';
export { installations, removeInstallations } from './secantusdb.ts';
export { sampleDocuments, seed } from './seed.ts';
