import type { Schema } from 'mongoose';
import { OperatorError } from '../operator-error.ts';
import type { Field } from './field.ts';

/** The kind of a timestamp: when a document was created, or when it was last changed. */
export type Stamp = 'created' | 'updated';

/** The names of the fields that hold a document's timestamps, which the server sets; `undefined` if there is no such field. */
export type Stamps = Readonly<Record<Stamp, string | undefined>>;

/** The timestamps among a model's fields. */
export const stampsOf = (fields: readonly Field[]): Stamps => {
  const named = (stamp: Stamp) => fields.find((field) => field.stamp === stamp)?.name;
  return { created: named('created'), updated: named('updated') };
};

/** The timestamps of a document that is created at a time. */
export const stampsAt = ({ created, updated }: Stamps, at: Date): Record<string, Date> => ({
  ...(created !== undefined && { [created]: at }),
  ...(updated !== undefined && { [updated]: at }),
});

/** The timestamp of a document that is changed at a time. */
export const changedAt = ({ updated }: Stamps, at: Date) => stampsAt({ created: undefined, updated }, at);

/**
 * Which timestamp each field of a schema holds, by its name; see "Timestamps" in Mongoose's guide.
 * @throws {OperatorError} for timestamps that the API could not keep
 */
export function declaredStamps(schema: Schema, owner: string): ReadonlyMap<string, Stamp> {
  const option: unknown = schema.get('timestamps');
  const stamps = new Map<string, Stamp>();
  if (!option) return stamps;
  for (const [usual, stamp] of [
    ['createdAt', 'created'],
    ['updatedAt', 'updated'],
  ] as const) {
    const given: unknown = usual in Object(option) ? Object(option)[usual] : true;
    const name = given === true ? usual : given;
    if (typeof name !== 'string' || name === '') continue;
    if (name.includes('.') || stamps.has(name))
      throw new OperatorError(`${owner}: give the timestamp ${usual} a name of its own, without a dot.`);
    stamps.set(name, stamp);
  }
  if (Object(option).currentTime !== undefined)
    throw new OperatorError(`${owner}: only Mongoose would obey "currentTime" of the timestamps; leave it out.`);
  return stamps;
}
