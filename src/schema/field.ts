import type { Stamp } from './stamps.ts';

/** The JSON Schema keywords that mean the same for ajv and for MongoDB's `$jsonSchema`. Each narrows what its type allows. */
export interface Keywords {
  minLength?: number;
  maxLength?: number;
  /** A pattern in the subset of regular expressions that src/schema/patterns.ts describes. */
  pattern?: string;
  minimum?: number;
  maximum?: number;
  enum?: readonly unknown[];
  minItems?: number;
  maxItems?: number;
}

/** One field of a resource, read from its Mongoose declaration. */
export interface Field {
  name: string;
  type: 'String' | 'Int32' | 'Number' | 'Double' | 'Boolean' | 'Date' | 'ObjectId' | 'Object' | 'Array';
  description?: string;
  /** A typical value, in JSON: the declared one, or one that the rules allow. */
  example?: unknown;
  required: boolean;
  /** Whether null is a value of this field; it is if the field is declared with `default: null`. */
  nullable: boolean;
  /** The default in JSON, or a function that makes it as it is stored; `undefined` if an absent field stays absent. */
  default: unknown;
  /** Whether only the server sets the field, so that a client may read it but not write it. */
  managed: boolean;
  /** The kind of timestamp that a managed field holds. */
  stamp?: Stamp;
  /** Whether lists can be searched by the words of this field; it is declared with `searchable: true`. */
  searchable?: boolean;
  keywords: Keywords;
  /** The fields of an Object. */
  fields: Field[];
  /** The element of an Array. */
  items?: Field;
}
