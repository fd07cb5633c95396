import { randomUUID } from 'node:crypto';
import type { Collection, Db, Document, FindOptions } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../error-code.ts';
import { ABSENT, expired, HELD, renewal, type LeaseDocument } from './document.ts';
import { isLeftover, markInUse, markUnused } from './in-use.ts';
import { keep, type Lease } from './keep.ts';
import { processSpace, type Owner } from './owner.ts';
import type { Place } from './places.ts';

/** How a lease is taken. */
export interface Terms {
  owner: Owner;
  /** How long the lease outlives its last heartbeat. */
  leaseSeconds: number;
  /** The message of the {LeaseLost} when this process could not keep the lease. */
  lost: string;
  /**
   * Whether the lease of a process of this machine ends as soon as that process has ended. Not for a right under which the
   * last write of a killed process would do harm: that write may still be on its way to the database.
   */
  endsWithProcess?: boolean;
  /** Further fields for the document. */
  fields?: Document;
}

/** Who holds a lease. */
export interface Holder {
  place: Place;
  /** `Process 1 on here (up, since 2026-11-22T15:04:05.678Z)` */
  description: string;
  owner: Owner | undefined;
}

type Outcome = { lease: Lease; holder?: undefined } | { lease?: undefined; holder: Holder };

/**
 * Takes a lease, and keeps it by heartbeats until it is released.
 * Between processes only the database's clock counts. A holder also checks itself by its own monotonic clock, from before
 * each heartbeat was sent, and so always gives up first.
 * @returns the lease, or else who holds it, or who holds the lease that it excludes
 */
export async function takeLease(db: Db, place: Place, terms: Terms): Promise<Outcome> {
  const { id, collection, isAlone } = place;
  // Before, so that nothing is written while the other lease is held. Again afterwards, because both may be taken at once.
  const before = await excluding(db, place);
  if (before) return { holder: before };
  const leases = db.collection<LeaseDocument>(collection);
  const existing = await leases.findOne({ _id: id });
  const lease = await take(leases, id, existing, terms);
  if (lease === undefined) return { holder: describe(place, (await leases.findOne({ _id: id })) ?? { _id: id }) };
  const after = await excluding(db, place).catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  if (after === undefined) return { lease };
  await (isAlone && existing === null ? lease.drop() : lease.release());
  return { holder: after };
}

/** Who holds the lease of that place now; `undefined` if nobody does. */
export async function readHolder(db: Db, place: Place, options?: FindOptions): Promise<Holder | undefined> {
  const held = await db.collection<LeaseDocument>(place.collection).findOne({ _id: place.id, ...HELD }, options);
  return held === null ? undefined : describe(place, held);
}

function describe(place: Place, { owner, takenAt }: LeaseDocument): Holder {
  const command = [owner?.command, takenAt && `since ${takenAt.toISOString()}`].filter(Boolean).join(', ');
  const description = owner ? `Process ${owner.pid} on ${owner.host} (${command})` : 'Another process';
  return { place, description, owner };
}

/** Who holds the lease that `place` excludes. */
const excluding = async (db: Db, { excludes }: Place) => excludes && readHolder(db, excludes());

async function take(
  leases: Collection<LeaseDocument>,
  _id: string,
  existing: LeaseDocument | null,
  terms: Terms,
): Promise<Lease | undefined> {
  const milliseconds = terms.leaseSeconds * 1000;
  const leaseId = randomUUID();
  const change = {
    ...terms.fields,
    token: { $add: [{ $cond: [{ $isNumber: '$token' }, '$token', 0] }, 1] },
    leaseId,
    owner: { $literal: terms.owner },
    space: { $literal: processSpace() },
    takenAt: '$$NOW',
    ...renewal(milliseconds),
  };
  const isFree = {
    $or: [expired(milliseconds), ...(hasEnded(existing, terms) ? [{ leaseId: existing?.leaseId }] : [])],
  };
  // First, so that this process never takes its own lease for one of a process that has ended.
  markInUse(leaseId);
  const sentAt = performance.now();
  const taken = await leases
    .findOneAndUpdate({ _id, ...(existing ? isFree : ABSENT) }, [{ $set: change }], {
      upsert: existing === null, // a server allows no $expr in an upsert
      returnDocument: 'after',
    })
    .catch((error: unknown) => {
      if (hasCode(error, DUPLICATE_KEY)) return null; // another process was faster
      markUnused(leaseId);
      throw error;
    });
  if (taken) return keep(leases, { ...taken, leaseId }, { sentAt, milliseconds, lost: terms.lost });
  markUnused(leaseId);
  return undefined;
}

/** Whether the owner's process has ended for certain. */
function hasEnded(existing: LeaseDocument | null, { endsWithProcess = false }: Terms): boolean {
  const { owner, leaseId, space } = existing ?? {};
  if (!endsWithProcess || !owner || !leaseId || !space) return false;
  return space === processSpace() && isLeftover(owner.pid, leaseId);
}
