import type { Model } from 'mongoose';

/** A Mongoose model whose document type does not matter to the caller. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyModel = Model<any, any, any, any>;
