import type { Schema } from 'mongoose';
import type { Field } from './fields.ts';

/** What a timestamp tells of a document: when it was made, or when it was last changed. */
export type Stamp = 'created' | 'updated';

/** The names of the fields that hold a document's timestamps, which the server sets; `undefined` where there is none. */
export type Stamps = Readonly<Record<Stamp, string | undefined>>;

/** The timestamps among a model's fields. */
export const stampsOf = (fields: readonly Field[]): Stamps => {
  const named = (stamp: Stamp) => fields.find((field) => field.stamp === stamp)?.name;
  return { created: named('created'), updated: named('updated') };
};

/** The timestamps of a document that is made at a time. */
export const stampsAt = ({ created, updated }: Stamps, at: Date): Record<string, Date> => ({
  ...(created !== undefined && { [created]: at }),
  ...(updated !== undefined && { [updated]: at }),
});

/** The timestamp of a document that is changed at a time. */
export const changedAt = ({ updated }: Stamps, at: Date) => stampsAt({ created: undefined, updated }, at);

/** Which timestamp each field of a schema holds, by its name; see "Timestamps" in Mongoose's guide. */
export function declaredStamps(schema: Schema): ReadonlyMap<string, Stamp> {
  const option: unknown = schema.get('timestamps');
  const nameOf = (usual: string): unknown => {
    if (!option) return undefined;
    const given: unknown = usual in Object(option) ? Object(option)[usual] : true;
    return given === true ? usual : given;
  };
  const stamps = new Map<string, Stamp>();
  for (const [usual, stamp] of [
    ['createdAt', 'created'],
    ['updatedAt', 'updated'],
  ] as const) {
    const name = nameOf(usual);
    if (typeof name !== 'string' || name === '') continue;
    if (name.includes('.') || stamps.has(name))
      throw new Error(`timestamps: ${usual} is called "${name}"; give it a name of its own, without a dot.`);
    stamps.set(name, stamp);
  }
  if (Object(option).currentTime !== undefined)
    throw new Error('timestamps: only Mongoose would obey currentTime; leave it out.');
  return stamps;
}
