import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { DUPLICATE_KEY, hasCode } from '../error-code.ts';
import { ACCESS_SECRETS } from '../own-collections.ts';
import { databaseOf } from './access-keys.ts';

interface Secret {
  _id: string;
  secret: string;
  createdAt: Date;
}

const CURSORS = 'cursors';

/**
 * The secret that signs the cursors of lists: 32 random bytes in base64url. The first process makes it, all copies of the API
 * share it, and it stays the same as long as the database is.
 */
export async function cursorSecretOf(connection: Connection): Promise<string> {
  const secrets = databaseOf(connection).collection<Secret>(ACCESS_SECRETS, { readPreference: 'primary' });
  const find = async () => (await secrets.findOne({ _id: CURSORS }))?.secret;
  const known = await find();
  if (known !== undefined) return known;
  const made = { secret: randomBytes(32).toString('base64url'), createdAt: new Date() };
  await secrets.updateOne({ _id: CURSORS }, { $setOnInsert: made }, { upsert: true }).catch((error: unknown) => {
    if (!hasCode(error, DUPLICATE_KEY)) throw error; // another process was faster
  });
  const stored = await find();
  if (stored === undefined) throw new Error(`${ACCESS_SECRETS} was emptied while a secret was made`);
  return stored;
}
