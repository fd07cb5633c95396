import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from 'mongodb';
import { connect } from '../src/database/index.ts';
import { backup, silent } from '../src/database/backup/index.ts';
import { engineModel } from '../src/engines/model.ts';

const OLD_SHAPE = { lastFired: { $exists: false } };

/** Removes `lastFired` from every engine. */
export const makeOld = (db: Db) => db.collection('engines').updateMany({}, { $unset: { lastFired: '' } });

/** One statement for all. @returns milliseconds */
export const updateAtOnce = (db: Db): Promise<number> =>
  timed(() => db.collection('engines').updateMany(OLD_SHAPE, { $set: { lastFired: null } }));

/** A loop that loads and saves engines through the model, as most people would write it first. @returns milliseconds */
export async function saveOneByOne(uri: string, name: string, count: number): Promise<number> {
  const connection = await connect(uri, name);
  try {
    return await timed(async () => {
      for await (const engine of engineModel(connection).find(OLD_SHAPE).limit(count).cursor()) {
        engine.lastFired = null;
        engine.markModified('lastFired'); // the model's default has given it the value already
        await engine.save();
      }
    });
  } finally {
    await connection.close();
  }
}

/** Every stored document, as bytes. @returns milliseconds */
export const readRaw = (db: Db): Promise<number> =>
  timed(async () => {
    for await (const _document of db.collection('engines').find({}, { raw: true }));
  });

/** A whole backup into a temporary folder. @returns milliseconds */
export async function backUp(db: Db): Promise<number> {
  const parent = await mkdtemp(join(tmpdir(), 'engines-bench-'));
  try {
    return await timed(() => backup(db, join(parent, 'backup'), { watch: silent }));
  } finally {
    await rm(parent, { recursive: true });
  }
}

/** @returns milliseconds */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}
