import { objectSchema, toDocument, type Field, type JsonSchema } from '../../schema/index.ts';

/** A scalar field that a list can be filtered and sorted by. */
export interface Attribute {
  /** The name that clients use: `id`, `size.width`. */
  name: string;
  /** The stored path: `_id`, `size.width`. */
  path: string;
  type: Field['type'];
  /** Whether a query can have null as a value. Not for a String: there the text "null" is that string. */
  nullable: boolean;
  /**
   * The JSON Schema of a value other than null. It keeps only the field's enumeration and none of its other rules, because a
   * value that cannot be stored can still be compared with.
   */
  schema: JsonSchema;
  /** The JSON Schema of the value in an answer, other than null, with all rules of the field. */
  shown: JsonSchema;
  /** The stored value for a JSON value. */
  toStored: (value: unknown) => unknown;
}

const idField: Field = {
  name: '_id',
  type: 'ObjectId',
  required: true,
  nullable: false,
  default: undefined,
  managed: true,
  keywords: {},
  fields: [],
};

/** The id and every scalar field, those of nested objects by their dotted paths. */
export const readAttributes = (fields: readonly Field[]): Attribute[] => [
  { ...readAttribute(idField, '_id'), name: 'id' },
  ...scalars(fields, ''),
];

function scalars(fields: readonly Field[], prefix: string): Attribute[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name;
    if (field.type === 'Object') return scalars(field.fields, `${path}.`);
    return field.type === 'Array' ? [] : [readAttribute(field, path)];
  });
}

function readAttribute({ searchable: _searchable, ...whole }: Field, path: string): Attribute {
  const { description: _description, example: _example, ...field } = whole;
  const { name, type, keywords } = field;
  const listed = keywords.enum?.filter((value) => value !== null);
  const bare: Field = { ...field, managed: false, nullable: false, keywords: listed ? { enum: listed } : {} };
  return {
    name: path,
    path,
    type,
    nullable: field.nullable && type !== 'String',
    schema: schemaOf(bare),
    shown: schemaOf({ ...whole, managed: false, nullable: false }),
    toStored: (value) => toDocument([bare], { [name]: value })[name],
  };
}

const schemaOf = (field: Field): JsonSchema => objectSchema([field], 'read').properties[field.name] ?? {};
