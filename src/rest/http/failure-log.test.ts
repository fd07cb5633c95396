import { expect, test } from '@jest/globals';
import express from 'express';
import { MongoNetworkError } from 'mongodb';
import { pino } from 'pino';
import supertest from 'supertest';
import { answerFailures } from './failures.ts';
import { Problem } from './problems.ts';

test.each([
  ['what the server says on purpose', new Problem(501, 'not here'), [40]],
  ['a database that is away', new MongoNetworkError('connection 7 closed'), [50]],
  ['a fault of the program, with its stack,', new TypeError('planted'), [50, 50, 50]],
])('of three requests that fail by %s the log tells as much as its operator needs', async (_what, error, levels) => {
  const log: string[] = [];
  const app = express();
  app.get('/', () => Promise.reject(error));
  app.use(answerFailures(pino({}, { write: (line) => void log.push(line) })));
  for (let request = 0; request < 3; request += 1) await supertest(app).get('/');
  expect(log.map((line) => JSON.parse(line).level)).toEqual(levels);
  const isFault = levels.length === 3;
  expect(log[0]?.includes('stack')).toBe(isFault);
  expect(log[0]).toContain(isFault ? 'planted' : error instanceof Problem ? 'not here' : 'connection 7 closed');
});
