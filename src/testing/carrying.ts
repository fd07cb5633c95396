import { ObjectId, type Collection } from 'mongodb';
import { OUTBOX } from '../rest/writes/outbox.ts';

/** Stores a probe that carries entries of a process that ended before it could move them. */
export async function carryingProbe(probes: Collection, count: number) {
  const _id = new ObjectId();
  const at = (place: number) => new Date(Date.UTC(2026, 4, 1) + place * 1000);
  const state = (place: number) => ({ _id, title: `V${place}`, thrust: place, createdAt: at(0), updatedAt: at(place) });
  const carried = Array.from({ length: count }, (_, place) => ({
    _id: new ObjectId(),
    at: at(place),
    kind: place === 0 ? 'create' : 'change',
    caller: '192.0.2.1',
    requestId: `request-${place}`,
    expiresAt: new Date(Date.now() + 86_400_000),
    before: place === 0 ? null : state(place - 1),
  }));
  await probes.insertOne({ ...state(count - 1), [OUTBOX]: carried });
  return { _id, path: `/probes/${_id.toHexString()}`, at, carried };
}
