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
import type { Charged } from './http/trace.ts';
import { withOutbox } from './writes/outbox.ts';

/** A resource as its folder declares it. src/models.ts lists them all. */
export interface ResourceDeclaration {
  /** The model, bound to a connection; `connection.model()` makes one and the same for each connection. */
  model: (connection: Connection) => AnyModel;
  /** The path of the collection: `/engines`. */
  path: string;
  /** A short description of the collection. */
  description: string;
  /** Makes a document of sample data, created at `createdAt`. `random` gives whole numbers, both ends included. */
  sample?: (random: (least: number, most: number) => number, createdAt: Date, now: Date) => Document;
}

/** The settings that apply to every resource. */
export type ResourceSettings = Pick<
  Settings,
  'requirePreconditions' | 'allowScans' | 'queryTimeoutMs' | 'history' | 'workers'
> & {
  /** What cursors are signed with. It is known once the database is ready; without it, no cursor is made or read. */
  cursorSigningSecret?: () => string | null;
  /** Ends the streams of events, which would not end by themselves. */
  stopping?: AbortSignal;
  /** Limits of events that differ from the defaults. */
  events?: Partial<EventLimits>;
};

/** What the operations of a resource share. */
export interface Resource {
  connection: Connection;
  collection: AnyModel['collection'];
  /** The request that its commands are charged to. */
  charged?: Charged;
  /** The name of one member: `Engine`. */
  name: string;
  /** The path of the collection: `/engines`. */
  path: string;
  fields: readonly Field[];
  stamps: Stamps;
  /** What the model requires of the collection. */
  definition: CollectionDefinition;
  /** The indexes that the model declares, without the one on `_id`. */
  indexes: CollectionDefinition['indexes'];
  /** The JSON Schema of a member as a client sees it. */
  schema: JsonSchema;
  /** Makes the representation of a document. */
  show: (document: Document) => Document;
  /** Makes the representation as JSON, from the document's BSON. */
  write: WriteJson;
  settings: ResourceSettings;
  /** How long the database may work on one query. */
  maxTimeMS: number;
}

/** The headers, with their descriptions, of an answer that shows a member. */
export const memberHeaders = ({ stamps }: Pick<Resource, 'stamps'>): Record<string, string> =>
  stamps.updated === undefined ? {} : { 'Last-Modified': 'The time of the last change, to the second' };

/** Describes a model that is served at a path. */
export function describeResource(model: AnyModel, path: string, settings: ResourceSettings): Resource {
  const fields = readFields(model.schema, model.modelName);
  const { properties, required = [], ...rest } = objectSchema(fields, 'read');
  const definition = withOutbox(collectionDefinition(model));
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
