import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { parse as parseCsv } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import express from 'express';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import { Schema } from 'mongoose';
import { pino } from 'pino';
import { keywords } from '../../schema/fields.ts';
import { anyString } from '../../testing/any-string.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { answerFailures } from '../http/failures.ts';
import { httpServer } from '../http/http-server.ts';
import { routes } from '../http/operations.ts';
import { resourceOperations } from '../resource.ts';
import { parseRecord, writeRecord } from './csv.ts';

/** Has a field of every kind. */
const probeSchema = new Schema(
  {
    name: { type: String, required: true },
    alias: { type: String, default: null },
    note: { type: String },
    state: { type: String, default: '=idle', validate: keywords({ enum: ['=idle', '-busy'] }) },
    ready: { type: Boolean, default: null },
    count: { type: Schema.Types.Int32, default: 0 },
    mass: { type: Number },
    seen: { type: Date, default: null },
    engine: { type: Schema.Types.ObjectId, default: null },
    size: { width: { type: Number }, depth: { top: { type: String } } },
    place: { type: new Schema({ shelf: { type: String } }, { _id: false }) },
    tags: { type: [String] },
    parts: { type: [new Schema({ name: { type: String }, since: { type: Date } }, { _id: false })] },
  },
  { collection: 'probes', timestamps: true },
);

const { connection, db, settings } = await testDatabase();
const operations = resourceOperations(connection.model('Probe', probeSchema), '/probes', settings);
const app = express()
  .disable('query parser')
  .use(routes(operations, { authorize: async () => undefined, limit: () => undefined }))
  .use(answerFailures(pino({ level: 'silent' })));
const server = httpServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
atEnd(() => {
  server.close();
  server.closeAllConnections();
});
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/probes`;
const probes = db.collection('probes');

const trap = fc.constantFrom(
  '',
  "'",
  "''",
  '=1+1',
  '+1',
  '-1',
  '@a',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '"',
  '""',
  ',',
  ' ',
  '5',
  'null',
);
const text = fc.oneof(
  trap,
  fc.tuple(trap, trap).map((parts) => parts.join('')),
  anyString({ maxLength: 8 }),
);
const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
const id = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const stored = fc.record(
  {
    _id: id,
    name: text,
    alias: orNull(text),
    note: text,
    state: fc.constantFrom('=idle', '-busy'),
    ready: orNull(fc.boolean()),
    count: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    mass: number,
    seen: orNull(date),
    engine: orNull(id),
    size: fc.record({ width: number, depth: fc.record({ top: text }, { requiredKeys: [] }) }, { requiredKeys: [] }),
    place: fc.record({ shelf: text }, { requiredKeys: [] }),
    tags: fc.array(text, { maxLength: 3 }),
    parts: fc.array(fc.record({ name: text, since: date }, { requiredKeys: [] }), { maxLength: 2 }),
    createdAt: date,
    updatedAt: date,
  },
  { requiredKeys: ['_id', 'name'] },
);

const read = async (type: string) => (await fetch(url, { headers: { accept: type } })).text();
const documents = fc.uniqueArray(stored, { minLength: 1, maxLength: 12, selector: ({ _id }) => _id.toHexString() });

test.each(['application/x-ndjson', 'text/csv'])('what %s exports is imported as the same documents', async (type) => {
  await fc.assert(
    fc.asyncProperty(documents, async (some) => {
      await probes.deleteMany({});
      await probes.insertMany(some);
      const before = { sent: await read(type), shown: await read('application/x-ndjson') };
      await probes.deleteMany({});
      const report = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': type },
        body: Buffer.from(before.sent),
      });
      const count = some.length;
      expect(JSON.parse(await report.text())).toEqual({ read: count, inserted: count, bad: 0, complete: true });
      expect({ sent: await read(type), shown: await read('application/x-ndjson') }).toEqual(before);
    }),
    { numRuns: 25 },
  );
});

test('CSV is written and read as other programs write and read it', () => {
  const records = fc.array(text, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(records, (cells) => {
      const record = writeRecord(cells);
      expect(parseCsv(record)).toEqual([cells]);
      expect(parseRecord(record.slice(0, -2))).toEqual(cells);
      expect(parseRecord(stringify([cells], { eof: false, quoted: true }))).toEqual(cells);
    }),
  );
});
