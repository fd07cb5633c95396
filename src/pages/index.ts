export { DOCS, docs, docsPaths } from './docs.ts';
export { operatorPage } from './operator-page.ts';
