/**
 * SHA-256 of migrations as earlier versions of the program brought them. Only what they import has changed since: they
 * make the same of a database as their present files.
 */
export const REWRITTEN: ReadonlySet<string> = new Set([
  '9ee5ac6cf03917b458147f23a969e4e59bdf2ef4bb3d127344871a3ed4882a67', // 20260501090000-create_engines.ts
  '5bf536854d7e39e90b1aace0abc7f49e4994488cb7805c94325d75eea3193108', // 20261101090000-add_lastFired.ts
  'cf7ea8e4d7af0cead85cab337545e81bb4f6f28a6f588633eb8e76833ab3481a', // 20261122120000-add_sort_indexes.ts
  'ae53de0d89bfe3de9e76bdb2a80a3124d71f0fc16b2565363ec0159606a5e1a7', // 20261122200000-add_search.ts
  'd8bdd34b73815aacf65d90321ef3d931403d7b863dbe9483823928d4cad36c73', // 20261122210000-add_history.ts
]);
