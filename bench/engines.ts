/**
 * What the two bare servers do, with MongoDB's driver alone: they read and write the same documents of the same collection
 * as the API, with the same write concern, in the same shape.
 */
import { hash } from 'node:crypto';
import { MongoClient, ObjectId, type Document } from 'mongodb';
import { loadSettings } from '../src/config.ts';
import { OperatorError } from '../src/operator-error.ts';
import { RANKS, SEARCH, TOKENS, tokenOf, tokensOf, wordsOf } from '../src/schema/index.ts';

/** The parameters of a list. */
export interface Query {
  limit?: string;
  after?: string;
  q?: string;
}

const byId = (id: string) => ({ _id: new ObjectId(id) });
const SHOWN = { projection: { [SEARCH]: 0 } };
const show = ({ _id, ...fields }: Document) => ({ id: _id, ...fields });
const hasWord = (word: string) => ({ [TOKENS]: { $in: Object.values(RANKS).map((rank) => tokenOf(rank, word)) } });

/** The connection string that npm run bench sets. */
export function benchUri(): string {
  const { mongodbUri } = loadSettings();
  if (mongodbUri === null) throw new OperatorError('MONGODB_URI is not set; this server is started by npm run bench.');
  return mongodbUri;
}

/** @returns what each kind of request does; null stands for an engine that there is not */
export function openEngines() {
  const engines = new MongoClient(benchUri()).db().collection('engines');
  return {
    async list({ limit = '50', after, q = '' }: Query) {
      const filter = {
        ...(after !== undefined && { _id: { $gt: new ObjectId(after) } }),
        ...(q !== '' && { $and: wordsOf(q).map(hasWord) }),
      };
      const page = await engines.find(filter, SHOWN).sort({ _id: 1 }).limit(Number(limit)).toArray();
      return page.map(show);
    },
    async read(id: string) {
      const document = await engines.findOne(byId(id), SHOWN);
      return document && show(document);
    },
    async create(body: Document) {
      const now = new Date();
      const fields = { lastFired: null, ...body, createdAt: now, updatedAt: now };
      const search = { of: { title: body['title'] }, tokens: tokensOf([String(body['title'])]) };
      const document = { _id: new ObjectId(), ...fields, [SEARCH]: search };
      await engines.insertOne(document);
      return { id: document._id, ...fields };
    },
    async change(id: string, body: Document) {
      const update = { $set: { ...body, updatedAt: new Date() } };
      const document = await engines.findOneAndUpdate(byId(id), update, { ...SHOWN, returnDocument: 'after' });
      return document && show(document);
    },
  };
}

/** The entity tag of a text. It is computed only for requests that need it. */
export const tagOf = (text: string) => `"${hash('sha1', text, 'base64')}"`;
