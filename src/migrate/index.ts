/**
 * What a migration is written with, and all that it may import of this program, as `#migrate`. An applied migration is
 * not edited any more, so nothing here is renamed or taken away; what lies behind it may move.
 */
export { backfill } from './operations/backfill.ts';
export { addCollection, allowBoth, removeCollection, setValidator } from './operations/collections.ts';
export { convertFields, revertFields, type Conversion } from './operations/conversions.ts';
export { editValidator, type ValidatorEdit } from './operations/edit-validator.ts';
export { addField, removeField, renameField, setField, unsetField } from './operations/fields.ts';
export { addIndex, removeIndex } from './operations/indexes.ts';
export { renameCollection } from './operations/rename-collection.ts';
export { setValidationLevel } from './operations/replace-validator.ts';
export { convertValue } from './operations/values.ts';
