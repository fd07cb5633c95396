import { beforeEach } from '@jest/globals';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { readFields, withSearch } from '../schema/index.ts';
import { fixtureServer } from '../testing.ts';

/** A server of probes. There are none before each test. */
export async function searchedProbes() {
  const { url, probes, connection } = await fixtureServer();
  const api = supertest(url);
  const Probe = connection.models['Probe'];
  if (!Probe) throw new Error('fixtureServer() made no model');
  const fields = readFields(Probe.schema);
  beforeEach(async () => {
    await probes.deleteMany({});
  });
  return {
    api,
    probes,
    Probe,
    fields,
    /** Stores documents with their search tokens. */
    store: (documents: readonly Document[]) => probes.insertMany(documents.map((one) => withSearch(fields, one))),
    /** The titles of a page, by its query. */
    titles: async (query: string): Promise<string[]> => {
      const { body } = await api.get(`/probes?${query}`).expect(200);
      return body.map(({ title }: Document) => String(title));
    },
  };
}
