import type { Db } from 'mongodb';
import { addIndex, removeIndex } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20261101090000-add_lastFired.ts';

/**
 * What changes: `engines` gets indexes for title, for thrust, and for the strongest first, by title; the id breaks ties.
 * Why: lists are filtered and sorted by them, and a list that no index answers is refused.
 */
const titleIndex = { name: 'title_1__id_1', key: { title: 1, _id: 1 } };
const strongestIndex = { name: 'thrust_-1_title_1__id_1', key: { thrust: -1, title: 1, _id: 1 } };
const thrustIndex = { name: 'thrust_1__id_1', key: { thrust: 1, _id: 1 } };

export async function up(db: Db): Promise<void> {
  await addIndex(db, 'engines', titleIndex);
  await addIndex(db, 'engines', thrustIndex);
  await addIndex(db, 'engines', strongestIndex);
}

export async function down(db: Db): Promise<void> {
  await removeIndex(db, 'engines', titleIndex.name);
  await removeIndex(db, 'engines', thrustIndex.name);
  await removeIndex(db, 'engines', strongestIndex.name);
}
