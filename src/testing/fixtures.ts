import { Schema, type Connection } from 'mongoose';
import type { ResourceDeclaration } from '../rest/index.ts';
import { exactValues, keywords, searchable } from '../schema/index.ts';

const size = new Schema(
  {
    radius: { type: Schema.Types.Double, required: true, validate: keywords({ minimum: 0 }), example: 1.25 },
    height: { type: Number, default: 1 },
  },
  { _id: false },
);

const instrument = new Schema(
  { name: { type: String, required: true, validate: keywords({ maxLength: 40 }) }, mass: { type: Number, default: 0 } },
  { _id: false },
);

/** A space probe: a model with every kind of field, for the tests of all code that does not depend on engines. */
const probeSchema = new Schema(
  {
    title: {
      type: String,
      required: true,
      validate: keywords({ minLength: 1, maxLength: 128 }),
      searchable: true,
      example: 'Voyager 2',
      description: 'Name of the probe, 1 to 128 characters (Unicode code points)',
    },
    thrust: {
      type: Schema.Types.Int32,
      default: 0,
      validate: keywords({ minimum: 0 }),
      example: 981,
      description: 'The thrust of its engine, in newtons',
    },
    lastFired: { type: Date, default: null, description: 'When its engine last fired; null if it never did' },
    serial: { type: String, validate: keywords({ pattern: '^[A-Z]{2}-[0-9]{1,6}$' }), example: 'VG-2' },
    kind: { type: String, validate: keywords({ enum: ['orbiter', 'lander', 'flyby'] }) },
    phase: { type: String, default: null, validate: keywords({ enum: ['cruise', 'landed'] }) },
    isCrewed: { type: Boolean, default: false },
    mass: { type: Number, validate: keywords({ minimum: 0 }) },
    drift: { type: Schema.Types.Double },
    carrier: { type: Schema.Types.ObjectId },
    size: { type: size },
    site: { code: { type: String, validate: keywords({ maxLength: 20 }) }, country: { type: String, default: '' } },
    tags: { type: [String], validate: keywords({ maxItems: 10 }) },
    bands: { type: [String], default: ['S'] },
    instruments: { type: [instrument] },
  },
  { collection: 'probes', timestamps: true, strict: 'throw' },
);
probeSchema.index({ lastFired: 1, _id: 1 });
probeSchema.index({ title: 1, _id: 1 });
probeSchema.index({ thrust: 1, _id: 1 });
probeSchema.index({ thrust: -1, title: 1, _id: 1 });
probeSchema.index({ mass: 1, _id: 1 });
probeSchema.index({ drift: 1, _id: 1 });
probeSchema.index({ serial: 1 }, { unique: true, partialFilterExpression: { serial: { $type: 'string' } } });
probeSchema.index({ 'site.code': 1 }, { unique: true, sparse: true });
probeSchema.plugin(searchable);
probeSchema.plugin(exactValues);

/** A relay station: a model without timestamps. */
const relaySchema = new Schema(
  {
    name: { type: String, required: true, validate: keywords({ maxLength: 40 }), example: 'Goldstone' },
    channel: { type: Schema.Types.Int32, default: 1 },
    since: { type: Date, default: Date.now, description: 'When it came into service' },
  },
  { collection: 'relays', strict: 'throw' },
);
relaySchema.index({ channel: 1, _id: 1 }, { partialFilterExpression: { channel: { $gt: 1 } } });
relaySchema.plugin(exactValues);

export const probeModel = (connection: Connection) => connection.model('Probe', probeSchema);

/** The fields that a client sees of a probe that was created with only a title, without title, id and timestamps. */
export const PROBE_DEFAULTS = {
  thrust: 0,
  lastFired: null,
  phase: null,
  isCrewed: false,
  site: { country: '' },
  tags: [],
  bands: ['S'],
  instruments: [],
};

/** A probe with every field that a client can send. It is shown like this, with an id and timestamps. */
export const WHOLE_PROBE = {
  title: 'Voyager 2',
  thrust: 4,
  lastFired: '2026-05-01T12:00:00.000Z',
  serial: 'VG-2',
  kind: 'flyby',
  phase: 'cruise',
  isCrewed: true,
  mass: 825.5,
  drift: -0.25,
  carrier: '65a1b2c3d4e5f60718293a4b',
  size: { radius: 1.25, height: 3.7 },
  site: { code: 'LC-41', country: 'USA' },
  tags: ['outer planets', ''],
  bands: ['S', 'X'],
  instruments: [{ name: 'Plasma spectrometer', mass: 5.5 }],
};

/** The resources that the tests serve instead of engines. */
export const FIXTURES: readonly ResourceDeclaration[] = [
  { model: probeModel, path: '/probes', description: 'Probes' },
  { model: (connection) => connection.model('Relay', relaySchema), path: '/relays', description: 'Relays' },
];
