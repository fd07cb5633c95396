import type { Db } from 'mongodb';
import type { CollectionDefinition } from '../schema/index.ts';

/** On a sharded cluster, shards collections as docs/scaling.md says, but for those with a unique index that forbids it. */
export async function shardIfPossible(db: Db, definitions: readonly CollectionDefinition[]): Promise<void> {
  const { msg } = await db.command({ hello: 1 });
  if (msg !== 'isdbgrid') return;
  for (const { name, indexes, shardKey = {} } of definitions) {
    const [first] = Object.keys(shardKey);
    const isForbidden = indexes.some(({ unique, key }) => unique === true && Object.keys(key)[0] !== first);
    if (first === undefined || isForbidden) continue;
    await db.client.db('admin').command({ shardCollection: `${db.databaseName}.${name}`, key: shardKey });
  }
}
