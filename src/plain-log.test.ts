import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { plainLine } from './plain-log.ts';

const lines: string[] = [];
const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(plainLine(line)) });

const answered = {
  requestId: 'r',
  method: 'GET',
  route: '/x',
  parameters: ['limit', 'sort'],
  status: 200,
  durationMs: 3,
};

/** What is shown of an event. */
function shown(event: () => void): string {
  lines.length = 0;
  event();
  return lines.join('');
}

test.each([
  ['a line of talk', () => logger.info('Installing ...'), 'Installing ...\n'],
  ['the database', () => logger.info({ database: 'mongod' }, 'database'), 'Database: mongod\n'],
  [
    'what was made',
    () => logger.info({ created: ['collection a', 'index b'] }, 'database initialised'),
    'The database was empty and has been initialised:\n  collection a\n  index b\n',
  ],
  [
    'the address',
    () => logger.info({ url: 'http://h:1' }, 'listening'),
    'Listening on http://h:1 (open it in a browser)\n',
  ],
  [
    'the end',
    () => logger.info({ signal: 'SIGINT' }, 'stopping'),
    'Stopping (SIGINT): waiting for running requests to end.\n',
  ],
  [
    'a warning',
    () => logger.warn({ pending: ['1.ts', '2.ts'] }, 'migrations are pending'),
    'Warning: migrations are pending\n  1.ts\n  2.ts\n',
  ],
  [
    'other fields',
    () => logger.error({ method: 'GET', count: 2, what: [{ a: 1 }] }, 'it failed'),
    'Error: it failed (method: GET, count: 2)\n  {"a":1}\n',
  ],
  [
    'a request',
    () => logger.info({ ...answered, commands: 1, databaseMs: 2.5 }, 'request'),
    'GET /x?limit&sort 200 in 3 ms (1 query, 2.5 ms)\n',
  ],
  [
    'a request that broke off',
    () => logger.debug({ ...answered, brokenOff: true, commands: 0, databaseMs: 0 }, 'request'),
    'GET /x?limit&sort broken off in 3 ms\n',
  ],
  [
    'a slow request',
    () => logger.warn({ ...answered, commands: 2, databaseMs: 2, plan: 'FETCH < IXSCAN a_1' }, 'slow request'),
    'Warning: slow: GET /x?limit&sort 200 in 3 ms (2 queries, 2 ms): FETCH < IXSCAN a_1\n',
  ],
])('%s is readable', (_what, event, text) => {
  expect(shown(event)).toBe(text);
});

test('a failure keeps its stack trace', () => {
  const text = shown(() => logger.error({ err: new Error('no luck'), url: '/x' }, 'It failed.'));
  expect(text).toMatch(/^Error: It failed\. \(url: \/x\)\nError: no luck\n +at .*plain-log\.test\.ts/);
});

test('nothing from outside steers the terminal', () => {
  expect(shown(() => logger.info({ title: '\u{1b}[2J\u{9b}H' }, 'odd\r'))).toBe('odd? (title: ?[2J?H)\n');
});
