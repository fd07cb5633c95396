import type { Document } from 'mongodb';
import { changesOf } from './changes.ts';
import { indexesOf } from './made-indexes.ts';
import { writesOf, type PlanEvent } from './record.ts';

/** One thing that a migration does. */
export interface PlannedStep {
  collection: string | null;
  /** In words, behind `it`: `adds a unique index on {"title":1}`. */
  what: string;
  /** How many documents it touches, where that is known. */
  documents?: number;
  /** Whether others wait for it. */
  blocks: 'no' | 'for a moment';
  /** About how long it takes. */
  seconds: number;
}

const MOMENTARY = /collMod|rename|^drop|^create/;

/** Describes an event of a migration. */
export function describeStep(event: PlanEvent, seconds: number): PlannedStep {
  const { collection } = event;
  const fields = fieldsOf(event);
  if ('label' in event) {
    const { label, documents } = event;
    return { collection, what: `backfill "${label}"${fields}, in batches`, documents, blocks: 'no', seconds };
  }
  const { operation, parameters, documents } = event;
  const [first] = parameters;
  const blocks = MOMENTARY.test(operation) ? 'for a moment' : 'no';
  const step = { collection, blocks, seconds } as const;
  const count = documents === undefined ? {} : { documents };
  if (operation === 'command collMod') return { ...step, what: describeModification(Object(first)), ...count };
  if (operation === 'createCollection') return { ...step, what: 'makes the collection' };
  if (operation === 'rename') return { ...step, what: `renames the collection to ${String(first)}` };
  if (operation.startsWith('createIndex'))
    return { ...step, what: indexesOf(operation, parameters).map(describeIndex).join(', ') };
  if (operation.startsWith('dropIndex')) return { ...step, what: `drops the index ${JSON.stringify(first ?? '*')}` };
  return { ...step, what: `${operation}${fields}`, ...count };
}

/** ` of title, thrust`: the fields that the writes of an event change. */
function fieldsOf(event: PlanEvent): string {
  const changes = writesOf(event).flatMap(({ write }) => changesOf(write.operation, write.parameters));
  if (changes.some(({ fields }) => fields === undefined)) return ' of whole documents';
  const fields = [...new Set(changes.flatMap((change) => change.fields ?? []))];
  return fields.length === 0 ? '' : ` of ${fields.join(', ')}`;
}

function describeModification({ validator, validationLevel, prepareConstraintValidationLevel: isPrepared }: Document) {
  if (validator !== undefined) return 'sets the validator';
  if (validationLevel === 'constraint')
    return 'makes the server read all documents, and guarantee from then on that each is valid (level constraint)';
  if (validationLevel !== undefined) return `sets the validation level ${validationLevel}`;
  if (isPrepared === undefined) return 'modifies the collection';
  return isPrepared === true
    ? 'prepares the validation level constraint'
    : 'ends the preparation of the validation level constraint';
}

const describeIndex = ({ key, unique }: ReturnType<typeof indexesOf>[number]) =>
  `adds ${unique === true ? 'a unique' : 'an'} index on ${JSON.stringify(key)}`;
