export { compare, possibleRenames } from './compare.ts';
export { describe } from './describe.ts';
export { possiblyRenamed } from './renamed-collections.ts';
export { render } from './render.ts';
export { writeMigration } from './write.ts';
