import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { Checks, Found, Subject } from './finding.ts';

type Definition = Subject['definitions'][number];

/** The unique indexes that a sharded collection could not have: they do not begin with its shard key. */
const impossible = ({ indexes, shardKey = {} }: Definition) =>
  indexes.filter(
    ({ unique, key }) =>
      unique === true && Object.keys(shardKey).some((field, place) => Object.keys(key)[place] !== field),
  );

function found(definition: Definition, actual: Document | undefined, databaseName: string): Found[] {
  const { name, shardKey } = definition;
  const [index] = impossible(definition);
  if (!actual && index)
    return [
      {
        level: 'warning',
        problem: `${name} has the unique index ${index.name}, so it cannot be sharded by ${JSON.stringify(shardKey)}, and one shard has all of it.`,
        remedy: 'See "Unique indexes" in docs/scaling.md for what can be done before that shard is full.',
      },
    ];
  if (!actual || !shardKey || isDeepStrictEqual({ ...actual }, { ...shardKey })) return [];
  return [
    {
      level: 'warning',
      problem: `${name} is sharded by ${JSON.stringify(actual)}, so requests about one document go to all shards.`,
      remedy: `Run sh.reshardCollection("${databaseName}.${name}", ${JSON.stringify(shardKey)}) in mongosh; see docs/scaling.md.`,
    },
  ];
}

/** Whether a sharded cluster has spread the collections so that one shard answers requests about one document. */
export const clusterChecks: Checks = {
  async 'shard-keys'({ db, definitions }) {
    if ((await db.command({ hello: 1 }))['msg'] !== 'isdbgrid') return [];
    const { databaseName } = db;
    const names = definitions.map(({ name }) => `${databaseName}.${name}`);
    const collections = db.client.db('config').collection<Document & { _id: string }>('collections');
    // Since MongoDB 8.0 collections that are not sharded are there too.
    const sharded = await collections.find({ _id: { $in: names }, unsplittable: { $ne: true } }).toArray();
    const keys = new Map(sharded.map(({ _id, key }) => [_id, key]));
    return definitions.flatMap((one) => found(one, keys.get(`${databaseName}.${one.name}`), databaseName));
  },
};
