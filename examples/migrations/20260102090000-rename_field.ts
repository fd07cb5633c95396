import type { Db } from 'mongodb';
import { editValidator, renameField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260101090000-new_collection.ts';

/**
 * What changes: `thrust` is called `thrustKn`.
 * Why: the name says in which unit it is.
 *
 * Until the step is done, the validator accepts documents with the old name and with the new one.
 */
const thrust = { bsonType: ['int', 'double', 'null'] };

export async function up(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { thrustKn: thrust }, unset: ['thrust'] }, async () => {
    await renameField(db, { collection: 'boosters', from: 'thrust', to: 'thrustKn' });
  });
}

export async function down(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { thrust }, unset: ['thrustKn'] }, async () => {
    await renameField(db, { collection: 'boosters', from: 'thrustKn', to: 'thrust' });
  });
}
