export { DOCS, docs, docsPaths } from './docs.ts';
export { operatorPage, operatorPagePaths } from './operator-page.ts';
