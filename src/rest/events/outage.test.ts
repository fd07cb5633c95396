import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { connect } from '../../database/connect.ts';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { serveEvents } from '../../testing/event-server.ts';
import { openEvents, type Told } from '../../testing/event-source.ts';
import { lineTo } from '../../testing/line.ts';
import { until } from '../../testing/until.ts';

const database = await fixtureServer();
const { uri, db, probes } = database;

const write = async (...thrusts: number[]) => {
  for (const thrust of thrusts) await probes.insertOne({ title: 'Merlin', thrust });
};

const thrusts = (events: readonly Told[]) => events.map(({ data }) => data['thrust']);

test('a change stream that the driver gives up is opened again each time, and readers miss nothing', async () => {
  let isDown = false;
  let refused = 0;
  const { url } = await serveEvents(database, {}, ({ aggregate, getMore }) => {
    if (!isDown || (aggregate !== 'probes' && getMore === undefined)) return undefined;
    refused += 1;
    return { ok: 0, code: 262, codeName: 'ExceededTimeLimit', errmsg: 'operation exceeded time limit' };
  });
  const source = await openEvents(url);
  await write(1);
  await source.until(1);
  for (const thrust of [2, 4]) {
    [isDown, refused] = [true, 0];
    await write(thrust, thrust + 1);
    await until(() => refused >= 3);
    isDown = false;
    await source.until(thrust + 1);
  }
  await write(6);
  expect(thrusts(await source.until(6))).toEqual([1, 2, 3, 4, 5, 6]);
});

test('readers stay connected while the database is away, and miss nothing', async () => {
  const line = await lineTo(uri);
  const connection = await connect(line.uri, db.databaseName, true);
  atEnd(() => connection.close(true));
  const url = `${await serve(connection)}/probes/events`;
  const source = await openEvents(url);
  await write(1);
  await source.until(1);
  line.cut();
  await write(2, 3);
  await sleep(50);
  await line.restore();
  await write(4);
  expect(thrusts(await source.until(4))).toEqual([1, 2, 3, 4]);
  source.close();
});

test('readers do not wait for the database for ever, and the log says why', async () => {
  const line = await lineTo(uri);
  const log: string[] = [];
  const logger = pino({ level: 'error' }, { write: (text: string) => void log.push(text) });
  const options = { dbName: db.databaseName, serverSelectionTimeoutMS: 1000 };
  const connection = await mongoose.createConnection(line.uri, options).asPromise();
  atEnd(() => connection.close(true));
  const url = `${await serve(connection, { logger, settings: { events: { patienceMs: 100 } } })}/probes/events`;
  const sources = [await openEvents(url), await openEvents(url)];
  line.cut();
  await Promise.all(sources.map(({ ended }) => ended));
  expect(log).toEqual([expect.stringContaining('The database does not answer now')]);
});
