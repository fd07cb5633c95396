import { Double, type Document } from 'mongodb';
import type { CollectionShape } from '../migrate/autogenerate/shape.ts';

/** A change of the shape `old`. */
interface ShapeChange {
  after: CollectionShape[];
  renames?: Record<string, string>;
  /** What a developer must write. */
  needsEdit?: string[];
}

/** An object without fields but these. */
export const closed = (properties: Document, required: string[] = []): Document => ({
  bsonType: 'object',
  ...(required.length > 0 && { required }),
  properties,
  additionalProperties: false,
});

/** The shape of a collection `engines`. */
export const shape = (
  properties: Document,
  rest: Partial<CollectionShape> & { required?: string[] } = {},
): CollectionShape => {
  const { required, ...others } = rest;
  return {
    name: 'engines',
    validator: { $jsonSchema: closed({ _id: { bsonType: 'objectId' }, ...properties }, required) },
    indexes: [],
    ...others,
  };
};

const NUMBER = { bsonType: ['int', 'long', 'double'] };
const TEXT = { bsonType: 'string' };
/** The collection before each change. */
export const old = shape(
  { title: { ...TEXT, maxLength: 128 }, thrust: { bsonType: 'int' }, nozzle: closed({ ratio: NUMBER }), mass: TEXT },
  { required: ['title'], indexes: [{ name: 'thrust_1', key: { thrust: 1 } }], defaults: { thrust: 0 } },
);
export const oldDocuments = [
  { title: 'RS-25', thrust: 2279, nozzle: { ratio: new Double(69) }, mass: '3177' },
  { title: "It's", thrust: 0, nozzle: {} },
  { title: 'F-1', mass: '008391' },
];
const { _id, title, thrust, nozzle, mass } = Object(old.validator?.['$jsonSchema']).properties;
const keep = { required: ['title'], indexes: old.indexes };

const LONG = 'aVeryLongNameThatSomebodyGaveToAFieldOfAnEngine';

/** A change of each kind, by its description. */
export const SHAPE_CHANGES: Readonly<Record<string, ShapeChange>> = {
  'a field is added': {
    after: [shape({ title, thrust, nozzle, mass, burns: { bsonType: 'int' } }, { ...keep, defaults: { burns: 0 } })],
  },
  'a required field is removed': {
    after: [shape({ thrust, nozzle, mass }, { indexes: old.indexes })],
  },
  'a field is added, and a rule for whole documents': {
    after: [
      {
        ...shape({ title, thrust, nozzle, mass, burns: { bsonType: 'int' } }, { ...keep, defaults: { burns: 0 } }),
        validator: {
          ...shape({ title, thrust, nozzle, mass, burns: { bsonType: 'int' } }, keep).validator,
          title: { $ne: '' },
        },
      },
    ],
  },
  'fields are added': {
    after: [
      shape(
        {
          _id,
          title,
          thrust,
          mass,
          lastFired: { bsonType: ['date', 'null'] },
          nozzle: closed({ ratio: NUMBER, material: TEXT }, ['material']),
          tank: closed({ volume: { bsonType: 'double' }, tags: { bsonType: 'array', items: TEXT } }),
        },
        {
          ...keep,
          defaults: {
            lastFired: null,
            'nozzle.material': 'it\'s "steel"',
            'tank.volume': 1,
            'tank.tags': [],
            tank: {},
          },
        },
      ),
    ],
  },
  'fields are removed, one of them required': {
    after: [shape({ thrust, nozzle: closed({}) }, { indexes: old.indexes })],
  },
  'fields are renamed': {
    after: [
      shape({ name: title, size: closed({ thrust, ratio: NUMBER }), nozzle: closed({}), mass }, { required: ['name'] }),
    ],
    renames: { 'engines.title': 'name', 'engines.thrust': 'size.thrust', 'engines.nozzle.ratio': 'size.ratio' },
  },
  'fields get other types': {
    after: [
      shape(
        {
          title: { bsonType: ['string', 'null'] },
          thrust: TEXT,
          nozzle: closed({ area: { bsonType: 'double' } }),
          mass: { bsonType: 'int' },
        },
        { required: ['title', 'thrust', 'mass'], defaults: { mass: 0, thrust: '0' } },
      ),
    ],
    renames: { 'engines.nozzle.ratio': 'nozzle.area' },
  },
  'indexes and constraints change': {
    after: [
      shape(
        { title: { ...TEXT, maxLength: 64 }, thrust, nozzle, mass },
        {
          required: ['title', 'thrust'],
          defaults: { thrust: 0 },
          indexes: [
            { name: 'thrust_1', key: { thrust: -1 } },
            { name: 'title_1', key: { title: 1 }, unique: true, partialFilterExpression: { title: { $exists: true } } },
          ],
        },
      ),
    ],
  },
  'collections appear and go': {
    after: [
      {
        ...shape({ 'launch-site': TEXT, pilots: { bsonType: 'array', items: closed({ name: TEXT }) } }),
        name: 'crew-members',
      },
      { name: 'flights', validator: null, indexes: [{ name: 'at_1', key: { at: 1 } }] },
    ],
  },
  'what is too long for a line': {
    after: [
      shape(
        {
          title: { ...TEXT, maxLength: 128, pattern: `^(.*|${'[A-Z]'.repeat(20)})$` },
          thrust: {
            bsonType: ['int', 'long', 'double', 'string', 'null'],
            minimum: 0,
            maximum: 2_000_000_000,
          },
          nozzle: closed({ ratio: { ...NUMBER, enum: Array.from({ length: 60 }, (_, index) => index + 60) } }),
          mass: {
            ...TEXT,
            enum: Array.from({ length: 20 }, (_, index) =>
              index < 2 ? ['3177', '008391'][index] : `${index} kilograms`,
            ),
          },
          [LONG]: { bsonType: 'object', properties: { [`${LONG} ${LONG}`]: TEXT } },
          choice: { anyOf: [TEXT, { bsonType: 'int', minimum: 1 }] },
          both: {
            anyOf: [
              { bsonType: 'string', minLength: 1 },
              { bsonType: 'int', minimum: 1 },
            ],
          },
        },
        {
          ...keep,
          indexes: [
            { name: `${LONG}_1`, key: { [LONG]: 1, title: 1 }, partialFilterExpression: { [LONG]: { $exists: true } } },
          ],
          defaults: { [LONG]: { [`${LONG} ${LONG}`]: `it's ${LONG}` }, thrust: 0 },
        },
      ),
    ],
  },
  'what nobody can guess': {
    after: [
      shape(
        { title, thrust: { bsonType: 'date' }, nozzle, mass, serial: TEXT },
        { ...keep, required: ['title', 'serial'] },
      ),
    ],
    needsEdit: [
      'how engines.thrust becomes date or missing',
      'how engines.thrust becomes int or missing again',
      'the value that old documents get in engines.serial',
    ],
  },
};
