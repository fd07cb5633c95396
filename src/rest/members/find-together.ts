import type { ObjectId } from 'mongodb';
import { shownPart } from '../../schema/index.ts';
import { sharedBy, type Trace } from '../http/trace.ts';
import { chargedTo } from '../charged.ts';
import { findRaw } from '../find-raw.ts';
import { inOneTurn } from '../one-turn.ts';
import type { Resource } from '../resource-description.ts';

/**
 * Compiles a function that finds a member by its id, as BSON; null if there is none.
 * Requests that arrive in one turn of the event loop share one query, so that a busy server asks its database less often.
 * No request waits for a query that was sent before it came, so each sees all writes that were finished by then.
 */
export function findTogether(resource: Resource): (id: ObjectId, trace?: Trace) => Promise<Buffer | null> {
  const shown = shownPart(resource.fields);
  const find = inOneTurn<{ id: ObjectId; trace: Trace | undefined }, Buffer | null>(async (together) => {
    const ids = together.map(({ id }) => id);
    const charged = sharedBy(together.map(({ trace }) => trace));
    const filter = { _id: ids.length === 1 ? ids[0] : { $in: ids } };
    const found = await findRaw(chargedTo(resource, { trace: charged }), { filter, limit: ids.length, ...shown });
    const byId = new Map(found.map((bson) => [idOf(bson), bson]));
    for (const { id, resolve } of together) resolve(byId.get(id.toHexString()) ?? null);
  });
  return (id, trace) => find({ id, trace });
}

/** Behind the size, the type and the name of the first element, which is the id in every document that MongoDB stores. */
const ID_AT = 4 + 1 + '_id\0'.length;
const idOf = (bson: Buffer): string => bson.toString('hex', ID_AT, ID_AT + 12);
