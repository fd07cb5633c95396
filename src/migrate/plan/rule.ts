import type { Db, Document } from 'mongodb';
import type { CollectionShape } from '../autogenerate/shape.ts';
import type { Recorded } from './recorder.ts';
import type { Touched } from './touched.ts';

/** A step that can lose data or stop the API, and how to do it safely. */
export interface Unsafe {
  /** What `--force-unsafe` is told to let it pass: `unbounded-update:engines`. */
  name: string;
  message: string;
  /** The safe way, as code. */
  recipe: string;
}

/** What a rule judges by. */
export interface Context {
  db: Db;
  /** What the running code reads and writes. */
  models: readonly CollectionShape[];
  /** What this plan has changed already, so that what is stored now says nothing about it. */
  touched: Touched;
  /** Those of a collection, as this plan makes them. */
  options: (collection: string) => Document;
}

/** Says what is unsafe about a write that was recorded, if anything. */
export type Rule = (write: Recorded, context: Context) => Promise<Unsafe | undefined>;
