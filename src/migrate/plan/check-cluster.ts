import { BSON, type Db, type Document } from 'mongodb';
import { COMMAND_NOT_FOUND, hasCode, UNAUTHORIZED } from '../../error-code.ts';
import type { Finding } from '../run/checks.ts';

/** Why a cluster was not checked, by the code of the error. */
const UNCHECKED: readonly (readonly [code: number, why: string])[] = [
  [COMMAND_NOT_FOUND, 'Its servers are older than MongoDB 7.0, and cannot do that'],
  [UNAUTHORIZED, 'The user of MongoDB lacks the privilege action checkMetadataConsistency'],
];

/**
 * Findings about a sharded cluster whose shards, or whose shards and routers, disagree about the collections of a database:
 * what the cluster finds itself, see "checkMetadataConsistency" in MongoDB's manual. None for other servers.
 * @param report says why a cluster was not checked
 */
export async function checkCluster(db: Db, report: (line: string) => void): Promise<Finding[]> {
  const { msg } = await db.command({ hello: 1 });
  if (msg !== 'isdbgrid') return [];
  try {
    const found = await db.runCursorCommand({ checkMetadataConsistency: 1, checkIndexes: true }).toArray();
    return found.map((one) => inconsistency(db, one));
  } catch (error) {
    const [, why] = UNCHECKED.find(([code]) => hasCode(error, code)) ?? [];
    if (why === undefined) throw error;
    report(`Whether all shards of the cluster have the same collections and indexes was not checked. ${why}.`);
    return [];
  }
}

const inconsistency = ({ databaseName }: Db, { type, description, details = {} }: Document): Finding => ({
  rule: 'cluster',
  file: String(details['namespace'] ?? details['nss'] ?? databaseName),
  message: `is not the same everywhere in the cluster (${type}): ${description}: ${BSON.EJSON.stringify(details)}.`,
  remedy: `Read what ${type} means in "Inconsistency Types" of MongoDB's manual, and correct that before you migrate.`,
});
