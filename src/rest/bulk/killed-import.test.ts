import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer, serve } from '../../testing.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { standalone } from '../../testing/standalone.ts';

const { url, probes, db, uri } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');

test.each(['lenient', 'strict', 'strict, on a standalone server'])(
  'an import (%s) that is killed at any write leaves each row that it stored with one entry, and no other entry',
  async (kind) => {
    for (let write = 1, died = true; died; write += 1) {
      await Promise.all([probes.deleteMany({}), entries.deleteMany({})]);
      const { client, isDead } = await mortalClient(uri, write);
      const connection = mongoose.createConnection().setClient(client);
      const mortal = supertest(await serve(kind.endsWith('server') ? standalone(connection) : connection));
      const rows = Array.from({ length: 5 }, (_, thrust) => ({ title: 'Merlin', thrust }));
      await mortal
        .post('/probes')
        .set('Prefer', `handling=${kind.startsWith('strict') ? 'strict' : 'lenient'}`)
        .send(rows);
      died = isDead();
      await client.removeAllListeners().close();
      const stored = await probes.distinct('_id');
      expect(stored.length).toBe(died ? stored.length : 5);
      for (const id of stored) {
        const { body } = await api.get(`/probes/${String(id)}/history`);
        expect(body.map(({ kind: one }: Document) => one)).toEqual(['create']);
      }
      expect(await entries.countDocuments({ of: { $nin: stored } })).toBe(0);
    }
  },
);
