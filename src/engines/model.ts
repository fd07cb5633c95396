import { Schema, type Connection } from 'mongoose';
import { exactValues, keywords, searchable } from '../schema/index.ts';

/**
 * A spacecraft's engine. This is the only declaration of its fields:
 * the API's validators, the collection's validator and OpenAPI are all made from it.
 */
export const engineSchema = new Schema(
  {
    title: {
      type: String,
      required: true,
      validate: keywords({ minLength: 1, maxLength: 128 }),
      searchable: true,
      example: 'Merlin 1D Vacuum',
      description: 'Name of the engine, 1 to 128 characters (Unicode code points)',
    },
    thrust: {
      type: Schema.Types.Int32,
      default: 0,
      validate: keywords({ minimum: 0 }),
      example: 981,
      description: 'Thrust in a vacuum, in kilonewtons',
    },
    lastFired: {
      type: Date,
      default: null,
      description: 'When the engine last fired, kept to the millisecond; null if it never did',
    },
  },
  { collection: 'engines', timestamps: true, strict: 'throw' },
);
// The id breaks ties, so that a page sorted by one of these has one order.
engineSchema.index({ lastFired: 1, _id: 1 });
engineSchema.index({ title: 1, _id: 1 });
engineSchema.index({ thrust: 1, _id: 1 });
engineSchema.index({ thrust: -1, title: 1, _id: 1 });
engineSchema.plugin(searchable);
engineSchema.plugin(exactValues);

/** The Engine model, bound to the given connection. */
export function engineModel(connection: Connection) {
  return connection.model('Engine', engineSchema);
}
