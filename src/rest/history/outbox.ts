import type { ObjectId } from 'mongodb';
import type { Origin } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import type { MemberChange } from '../writes/outcome.ts';
import { withoutOutbox, type Outbox } from '../writes/outbox.ts';
import { madeEntry, makeAnnounced, removeAnnounced, stateAfter } from './announced.ts';
import { entryFor, lastChange } from './entries.ts';
import { entriesIn, insert, relayOf } from './relay.ts';

/**
 * The outbox of a request's writes.
 * @param id the id of the entry, by which a repeated request finds the change that it made
 */
export function outboxOf(resource: Resource, origin: Origin, id?: ObjectId): Outbox {
  const whole = (change: MemberChange) => ({
    ...entryFor(resource, origin, change, id),
    before: change.before && withoutOutbox(change.before),
  });
  return {
    hasHistory: resource.settings.history.enabled,
    entryFor: (kind, at) => entryFor(resource, origin, { kind, at }, id),
    relay: (stored) => relayOf(resource)(stored),
    keep: async (document) => insert(resource, entriesIn(resource, document)),
    announced: async (change, write) => makeAnnounced(resource, whole(change), change, write),
    removed: async (change, filter, options) => removeAnnounced(resource, whole(change), change, filter, options),
    async made(of, entryId) {
      const entry = await madeEntry(resource, of, entryId);
      return entry ? { after: await stateAfter(resource, of, entry.at) } : undefined;
    },
    lastChange: (of) => lastChange(resource, of),
  };
}
