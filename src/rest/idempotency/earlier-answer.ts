import type { ObjectId } from 'mongodb';
import { madeEntry, stateAfter, wasMade } from '../history/announced.ts';
import type { Answer } from '../http/answers.ts';
import { answerTo } from '../members/answers.ts';
import type { Resource } from '../resource-description.ts';
import { found } from '../writes/members.ts';
import { carriedBy } from '../writes/outbox.ts';
import type { KeptAnswer, KeyRecord } from './keys.ts';

/**
 * The answer to a change that an earlier attempt has made, if its process died before it kept the answer. It shows the
 * member as it was after the change; where the history is off, as it is now.
 * @param of the id of the member
 * @returns undefined if there was no earlier attempt, or it has changed nothing
 * @throws {Problem} 404 if the member was changed, and then removed by other means than the API
 */
export async function earlierAnswer(
  resource: Resource,
  of: ObjectId,
  { memberId, memberAt, startedAt, announced }: KeyRecord,
): Promise<KeptAnswer | undefined> {
  if (startedAt <= memberAt) return undefined;
  if (announced && (await wasMade(resource, announced, () => JSON.parse(announced.answer.body ?? 'null'))))
    return announced.answer;
  const entry = await madeEntry(resource, of, memberId);
  const after = entry
    ? found(await stateAfter(resource, of, entry.at), of)
    : await resource.collection.findOne({ _id: of }, { maxTimeMS: resource.maxTimeMS });
  const isCreated = of.equals(memberId);
  const isMade = entry !== null || isCreated || carriedBy(after).some(({ _id }) => _id.equals(memberId));
  if (after === null || !isMade) return undefined;
  return toKept(answerTo(resource, { kind: entry?.kind ?? (isCreated ? 'create' : 'change'), id: of, after }));
}

/** An answer as it is kept. */
export const toKept = ({ status, headers = {}, body }: Answer): KeptAnswer => ({
  status,
  headers,
  ...(body !== undefined && { body: JSON.stringify(body) }),
});
