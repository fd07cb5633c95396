import type { Db, Document } from 'mongodb';
import type { AccessKey } from '../access/index.ts';
import type { Settings } from '../settings.ts';

/** Something that is unsafe, and what to do about it. */
export interface Finding {
  /** The name of the check that found it. */
  check: string;
  /** `error`: strangers can read or change something now. `warning`: something else has to go wrong first. */
  level: 'error' | 'warning';
  problem: string;
  remedy: string;
}

/** What is looked at. */
export interface Subject {
  settings: Settings;
  db: Db;
  keys: readonly AccessKey[];
  /** The names of the migrations that this version has. */
  migrations: readonly string[];
  /** What this version demands of its collections. */
  definitions: readonly {
    name: string;
    indexes: readonly ({ name: string; key: Document } & Document)[];
    shardKey?: Document;
  }[];
  now: Date;
}

/** What a check has found, without its name. */
export type Found = Omit<Finding, 'check'>;

/** Checks by their names. None of them changes anything. */
export type Checks = Readonly<Record<string, (subject: Subject) => Found[] | Promise<Found[]>>>;

export const DAY_MS = 86_400_000;
