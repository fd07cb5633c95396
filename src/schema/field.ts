import type { Stamp } from './stamps.ts';

/** JSON Schema keywords that mean the same to ajv and to MongoDB's `$jsonSchema`; each narrows what its type allows. */
export interface Keywords {
  minLength?: number;
  maxLength?: number;
  /** Of the subset of regular expressions that src/schema/patterns.ts describes. */
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
  /** A value that is typical, in JSON: the declared one, or one that the rules allow. */
  example?: unknown;
  required: boolean;
  /** Declared with `default: null`: null is a value of this field. */
  nullable: boolean;
  /** In JSON, or a function that makes it as it is stored; `undefined` where an absent field stays absent. */
  default: unknown;
  /** Set by the server alone: a client may read it but not write it. */
  managed: boolean;
  /** What a managed field tells. */
  stamp?: Stamp;
  /** Declared with `searchable: true`: lists are searched by its words. */
  searchable?: boolean;
  keywords: Keywords;
  /** Fields of an Object. */
  fields: Field[];
  /** Element of an Array. */
  items?: Field;
}
