/**
 * Migrations that were rewritten: the SHA-256 of every form of the file, oldest first. The last is that of the present file.
 * All forms do the same to a database.
 */
export const REWRITTEN: Readonly<Record<string, readonly string[]>> = {
  '20260501090000-create_engines.ts': [
    '9ee5ac6cf03917b458147f23a969e4e59bdf2ef4bb3d127344871a3ed4882a67',
    '3d04c74454ec76c63c486dcc897c277ddb72c5eac4315e3e593b2d5f9f7fb30d',
  ],
  '20261101090000-add_lastFired.ts': [
    '5bf536854d7e39e90b1aace0abc7f49e4994488cb7805c94325d75eea3193108',
    'c9fb6bc4c90880e4939093c4a0ed638555ba5f8b2ce8d6607793a73218dcf79e',
    'f2984c40904da631fd2d58dd62591fa139dd7315d9e194c34da96dc2bc0e1afa',
  ],
  '20261122120000-add_sort_indexes.ts': [
    'cf7ea8e4d7af0cead85cab337545e81bb4f6f28a6f588633eb8e76833ab3481a',
    '1545518726255597d09871ca9479b1bf062ac4f4ec8adeae81964d566f368c56',
  ],
  '20261122200000-add_search.ts': [
    'ae53de0d89bfe3de9e76bdb2a80a3124d71f0fc16b2565363ec0159606a5e1a7',
    '8071153e18388e0c1930bd7aa24cda878a7d77a07342fec31a61fe0b73361abb',
    'a2f47a2c3b910cfa23532f466da2964f7c2bb9f9ca553479b442708d29a52d3c',
  ],
  '20261122210000-add_history.ts': [
    'd8bdd34b73815aacf65d90321ef3d931403d7b863dbe9483823928d4cad36c73',
    '0099e1d436a7b64d15131c6eb07035ada360f47b9a019fed22bc2e34a11a0580',
  ],
};

/** Whether the applied file is an earlier form of the present one, and the present one is not edited. */
export function isRewritten(name: string, applied: string, present: string): boolean {
  const hashes = REWRITTEN[name] ?? [];
  return hashes.includes(applied) && present === hashes.at(-1);
}
