import type { Document } from 'mongodb';
import type { Connection } from 'mongoose';
import type { Settings } from '../settings.ts';
import {
  collectionDefinition,
  compileJsonText,
  idSchema,
  objectSchema,
  readFields,
  stampsOf,
  toRepresentation,
  type AnyModel,
  type CollectionDefinition,
  type Field,
  type JsonSchema,
  type Stamps,
  type WriteJson,
} from '../schema/index.ts';
import type { EventLimits } from './events/limits.ts';

/** A resource as its folder declares it. src/models.ts lists them all. */
export interface ResourceDeclaration {
  /** The model, bound to a connection; `connection.model()` makes one and the same for each connection. */
  model: (connection: Connection) => AnyModel;
  /** Of the collection: `/engines`. */
  path: string;
  /** Of the collection, in a few words. */
  description: string;
  /** Makes a document of sample data, stored at `createdAt`; `random` gives whole numbers, both ends included. */
  sample?: (random: (least: number, most: number) => number, createdAt: Date, now: Date) => Document;
}

/** What the settings say about every resource. */
export type ResourceSettings = Pick<
  Settings,
  'requirePreconditions' | 'allowScans' | 'queryTimeoutMs' | 'cursorSecret' | 'history'
> & {
  /** Ends the streams of events, which would not end by themselves. */
  stopping?: AbortSignal;
  /** What differs from the limits of all. */
  events?: Partial<EventLimits>;
};

/** What the operations of a resource share. */
export interface Resource {
  connection: Connection;
  collection: AnyModel['collection'];
  /** Of one member: `Engine`. */
  name: string;
  /** Of the collection: `/engines`. */
  path: string;
  fields: readonly Field[];
  stamps: Stamps;
  /** What the model demands of the collection. */
  definition: CollectionDefinition;
  /** Those that the model declares; the one on `_id` is not among them. */
  indexes: CollectionDefinition['indexes'];
  /** Of a member as a client sees it. */
  schema: JsonSchema;
  show: (document: Document) => Document;
  /** The same as JSON, of the document's BSON. */
  write: WriteJson;
  settings: ResourceSettings;
  /** How long the database may work on one query. */
  maxTimeMS: number;
}

/** The headers, with their descriptions, of an answer that shows a member. */
export const memberHeaders = ({ stamps }: Pick<Resource, 'stamps'>): Record<string, string> =>
  stamps.updated === undefined ? {} : { 'Last-Modified': 'When it was last changed, to the second' };

/** Describes a model that is served at a path. */
export function describeResource(model: AnyModel, path: string, settings: ResourceSettings): Resource {
  const fields = readFields(model.schema, model.modelName);
  const { properties, required = [], ...rest } = objectSchema(fields, 'read');
  const definition = collectionDefinition(model);
  return {
    connection: model.db,
    collection: model.collection,
    name: model.modelName,
    path,
    fields,
    stamps: stampsOf(fields),
    definition,
    indexes: definition.indexes,
    schema: {
      ...rest,
      title: model.modelName,
      properties: { id: idSchema, ...properties },
      required: ['id', ...required],
    },
    show: (document) => toRepresentation(fields, document),
    write: compileJsonText(fields),
    settings,
    maxTimeMS: Math.ceil(settings.queryTimeoutMs),
  };
}
