import { BSON, type Document, type ObjectId } from 'mongodb';
import { writeErrorsOf } from '../../error-code.ts';
import { shownPart } from '../../schema/index.ts';
import { chargedCollection, chargedTo } from '../charged.ts';
import { findRaw } from '../find-raw.ts';
import { sharedBy, type Charged } from '../http/trace.ts';
import { inOneTurn } from '../one-turn.ts';
import type { Resource } from '../resource-description.ts';
import { isGivenUp, withinWriteLimit, writeLimit } from './write-limit.ts';

/** An update of one member, which shows in the document that it has changed. */
export interface Update {
  id: ObjectId;
  /** Names the id, and what else must be true of the document. */
  filter: Document;
  pipeline: Document[];
  /** Whether a document shows that this update has changed it; `undefined` if documents do not show that. */
  isShownBy?: ((stored: Document) => boolean) | undefined;
}

/** What became of an update. */
export interface Updated {
  /** The document behind the update; others may have changed it in between. Null if none was found. */
  stored: Document | null;
  /** Whether the update was made; `undefined` if what was found does not tell. */
  isMade: boolean | undefined;
}

/** Makes an update. */
export type UpdateMember = (update: Update, charged?: Charged) => Promise<Updated>;

/** Makes an update by a command of its own. @throws {Problem} 503 if it waited for a lock too long; else what the driver throws */
export async function updateAlone(
  { collection, fields, maxTimeMS }: Pick<Resource, 'collection' | 'fields' | 'maxTimeMS'>,
  update: Update,
  charged?: Charged,
): Promise<Updated> {
  const options = { returnDocument: 'after', ...shownPart(fields), ...writeLimit({ maxTimeMS }) } as const;
  const updating = chargedCollection(collection, charged).findOneAndUpdate(update.filter, update.pipeline, options);
  const stored: Document | null = await withinWriteLimit(updating);
  return { stored, isMade: isShown(update, stored) };
}

const isShown = ({ isShownBy }: Update, stored: Document | null): boolean =>
  stored !== null && (isShownBy?.(stored) ?? true);

interface Asked {
  update: Update;
  charged: Charged | undefined;
}

/** Half of the time of a write: if one of them waits for a lock, the others come to their own turn. */
const sharedLimit = (resource: Pick<Resource, 'maxTimeMS'>) => ({ maxTimeMS: writeLimit(resource).maxTimeMS / 2 });

/**
 * Compiles a function that makes an update. Requests that arrive in one turn of the event loop share two commands: one
 * makes all updates, and one reads what they have left. Alone, an update is one command.
 * The function throws what the driver throws, about this update or about all of them.
 */
export function updateTogether(resource: Resource): UpdateMember {
  const { collection } = resource;
  const shown = shownPart(resource.fields);

  /** @returns the places of the updates that the database refused, and how many documents the others have changed, if known */
  async function makeAll(together: readonly Asked[], charged: Charged | undefined) {
    const operations = together.map(({ update: { filter, pipeline } }) => ({
      updateOne: { filter, update: pipeline },
    }));
    const options = { ordered: false, ...sharedLimit(resource) };
    try {
      const { modifiedCount } = await chargedCollection(collection, charged).bulkWrite(operations, options);
      return { refused: new Set<number>(), modified: modifiedCount };
    } catch (error) {
      // Those whose documents cannot show it must take it that they may have been made.
      const isKnown = together.every(({ update }) => update.isShownBy);
      if (isKnown && isGivenUp(error)) return { refused: new Set<number>(), modified: undefined };
      return { refused: new Set(writeErrorsOf(error).map(({ index }) => index)), modified: undefined };
    }
  }

  /** @returns the documents, by their ids */
  async function readAll(together: readonly Asked[], charged: Charged | undefined) {
    const filter = { _id: { $in: together.map(({ update }) => update.id) } };
    const found = await findRaw(chargedTo(resource, { trace: charged }), { filter, limit: together.length, ...shown });
    const documents: Document[] = found.map((bson) => BSON.deserialize(bson));
    return new Map(documents.map((stored) => [String(stored['_id']), stored]));
  }

  const updateMember = inOneTurn<Asked, Updated>(async (together) => {
    const alone = ({ update, charged }: Asked) => updateAlone(resource, update, charged);
    if (together.length === 1) return together.forEach((one) => one.resolve(alone(one)));
    const shared = sharedBy(together.map(({ charged }) => charged));
    const { refused, modified } = await makeAll(together, shared);
    // If the documents cannot be read now, each is looked for by itself.
    const found = await readAll(together, shared).catch(() => undefined);
    const stateOf = ({ update: { id } }: Asked) => found?.get(id.toHexString()) ?? null;
    const isFound = (one: Asked) => isShown(one.update, stateOf(one));
    // If all that was changed is found, the others were not changed.
    const isElse = together.filter(isFound).length === modified ? false : undefined;
    for (const [place, one] of together.entries())
      // Made by itself, a refused update gets the whole error, which a batch cuts short.
      one.resolve(refused.has(place) ? alone(one) : { stored: stateOf(one), isMade: isFound(one) || isElse });
  });

  return (update, charged) => updateMember({ update, charged });
}
