export { listArchives, purgeArchive, type Archive } from './archives.ts';
export { hasConstraints } from './replace-validator.ts';
