import type { ClientSession, Db } from 'mongodb';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';

/** How all collections are read, and how consistent that is. */
export interface View {
  session: ClientSession | undefined;
  /** One sentence about that for the manifest and the operator. */
  consistency: string;
}

/** Snapshot reads outside of transactions came with MongoDB 5.0. */
const WIRE_VERSION_5_0 = 13;
const SNAPSHOT_TOO_OLD = 239;
const SNAPSHOT_UNAVAILABLE = 246;

/**
 * Reads with the strongest consistency that the server has: a snapshot session on a replica set or sharded cluster;
 * a transaction on SecantusDB, whose snapshot sessions do not work; neither on a standalone server.
 * @throws {OperatorError} if the server gave up the snapshot before all was read
 */
export async function withSnapshot<T>(db: Db, action: (view: View) => Promise<T>): Promise<T> {
  const { setName, msg, maxWireVersion = 0 } = await db.command({ hello: 1 });
  const clustered = setName !== undefined || msg === 'isdbgrid';
  if (!clustered || maxWireVersion < WIRE_VERSION_5_0)
    return action({
      session: undefined,
      consistency:
        'This server has no snapshots: each document is whole, but documents written while the backup was made may be ' +
        'in it or not.',
    });
  const isSecantus = setName === 'secantus';
  const session = db.client.startSession({ snapshot: !isSecantus });
  try {
    if (isSecantus) session.startTransaction({ readConcern: { level: 'snapshot' } });
    return await action({ session, consistency: 'All documents are of one moment.' });
  } catch (error) {
    if (hasCode(error, SNAPSHOT_TOO_OLD) || hasCode(error, SNAPSHOT_UNAVAILABLE))
      throw new OperatorError(
        `The server keeps a snapshot for a shorter time than the backup of ${db.databaseName} takes. ` +
          "Raise the server's parameter minSnapshotHistoryWindowInSeconds and run it again.",
      );
    throw error;
  } finally {
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await session.endSession();
  }
}
