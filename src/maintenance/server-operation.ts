import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { packageVersion } from '../config.ts';
import { openDb, type Operation } from '../rest/index.ts';
import { optionsFor, type QuestionOptions } from './question.ts';
import { closed } from './schemas.ts';

const version = { type: 'string', maxLength: 64 };

const schema = closed('Server', {
  version: { ...version, description: 'The version of this program' },
  database: closed('DatabaseServer', {
    product: { type: 'string', enum: ['MongoDB', 'SecantusDB'] },
    version: { ...version, description: 'The version of the product' },
    topology: { type: 'string', enum: ['standalone', 'replica set', 'sharded cluster'] },
  }),
});

/** `GET /server`: which versions of what answer, and nothing of where they are. */
export const serverOperation = (connection: Connection): Operation => ({
  method: 'get',
  path: '/server',
  operationId: 'readServer',
  summary: 'The version of this program, and what its database is',
  scope: 'server:read',
  success: { status: 200, description: 'The versions', schema },
  problems: [],
  async handle(input) {
    const database = await databaseServer(openDb(connection), optionsFor(input));
    return { status: 200, body: { version: packageVersion(), database } };
  },
});

/** What a database runs on. Every user may run both commands. */
async function databaseServer(db: Db, options: QuestionOptions) {
  const [build, { setName, msg }] = await Promise.all([
    db.command({ buildInfo: 1, ...options }),
    db.command({ hello: 1, ...options }),
  ]);
  // SecantusDB says as `version` which MongoDB it is like.
  const own: unknown = build['secantusVersion'];
  return {
    product: own === undefined ? 'MongoDB' : 'SecantusDB',
    version: String(own ?? build['version']),
    topology: msg === 'isdbgrid' ? 'sharded cluster' : setName === undefined ? 'standalone' : 'replica set',
  };
}
