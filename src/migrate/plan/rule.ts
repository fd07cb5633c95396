import type { Db, Document } from 'mongodb';
import type { CollectionShape } from '../autogenerate/shape.ts';
import type { Recorded } from './recorder.ts';
import type { Touched } from './touched.ts';

/** A step that can lose data or stop the API, and how to do it safely. */
export interface Unsafe {
  /** The name by which `--force-unsafe` lets it pass: `unbounded-update:engines`. */
  name: string;
  message: string;
  /** The safe way, as code. */
  recipe: string;
}

/** What a rule knows. */
export interface Context {
  db: Db;
  /** The collections that the running code reads and writes. */
  models: readonly CollectionShape[];
  /** What earlier steps of the plan change: the stored documents do not show these changes. */
  touched: Touched;
  /** The options of a collection, after the earlier steps of the plan. */
  options: (collection: string) => Document;
}

/** Says what is unsafe about a recorded write, if anything. */
export type Rule = (write: Recorded, context: Context) => Promise<Unsafe | undefined>;
