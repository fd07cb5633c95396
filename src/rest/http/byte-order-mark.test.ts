import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { fixtureServer } from '../../testing.ts';
import { withoutMarkAhead } from './byte-order-mark.ts';

const { url, probes } = await fixtureServer();
const MARK = '\u{FEFF}';
const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Sends a body in pieces, each of them as a chunk of its own that arrives alone. */
async function send(method: string, path: string, type: string, pieces: readonly Uint8Array[], more = {}) {
  const headers = { 'content-type': type, accept: JSON_TYPE, prefer: 'return=representation', ...more };
  const sent = request(url + path, { method, headers, agent: false });
  const answered = once(sent, 'response');
  for (const piece of pieces) {
    await new Promise((resolve) => void sent.write(piece, resolve));
    await new Promise(setImmediate);
  }
  sent.end();
  const [response]: IncomingMessage[] = await answered;
  if (!response) throw new Error('no response');
  const body: Document = Object(await json(response));
  return { status: response.statusCode, body };
}

const whole = (text: string) => [Buffer.from(text)];
const bytewise = (text: string) => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]));

const MANY = [
  [JSON_TYPE, '[{"title":"A"},{"title":"B"}]'],
  [JSON_TYPE, ' \r\n[{"title":"A"},{"title":"B"}]'],
  [NDJSON, '{"title":"A"}\n{"title":"B"}\n'],
  [CSV, 'title\nA\nB\n'],
  [CSV, '"title","thrust"\nA,1\nB,2\n'],
] as const;

describe('a byte order mark', () => {
  test.each([
    ['POST', JSON_TYPE, '{"title":"A"}', 201],
    ['PUT', JSON_TYPE, '{"title":"A"}', 200],
    ['PATCH', JSON_TYPE, '{"title":"A"}', 200],
    ['PATCH', 'application/merge-patch+json', '{"title":"A"}', 200],
    ['PATCH', 'application/json-patch+json', '[{"op":"replace","path":"/title","value":"A"}]', 200],
  ])('in front of the JSON of a %s as %s is skipped', async (method, type, text, status) => {
    const { insertedId } = await probes.insertOne({ title: 'Before' });
    const path = method === 'POST' ? '/probes' : `/probes/${insertedId.toHexString()}`;
    for (const pieces of [whole(MARK + text), bytewise(MARK + text)])
      expect(await send(method, path, type, pieces)).toMatchObject({ status, body: { title: 'A' } });
  });

  test.each(MANY)('in front of many as %s is skipped: %j', async (type, text) => {
    for (const pieces of [whole(MARK + text), bytewise(MARK + text), [Buffer.from(MARK), Buffer.from(text)]])
      expect(await send('POST', '/probes', type, pieces)).toMatchObject({
        status: 200,
        body: { read: 2, inserted: 2 },
      });
    const strict = { prefer: 'handling=strict' };
    expect(await send('POST', '/probes', type, whole(MARK + text), strict)).toMatchObject({ body: { inserted: 2 } });
    const zipped = [gzipSync(MARK + text)];
    const coded = { 'content-encoding': 'gzip' };
    expect(await send('POST', '/probes', type, zipped, coded)).toMatchObject({ body: { inserted: 2 } });
  });

  test.each([
    ['twice', JSON_TYPE, `${MARK}${MARK}{"title":"A"}`, 400],
    ['alone', JSON_TYPE, MARK, 400],
    ['cut short', JSON_TYPE, Buffer.from('\xEF\xBB{"title":"A"}', 'latin1'), 400],
    ['behind a blank', JSON_TYPE, ` ${MARK}{"title":"A"}`, 400],
    ['at the end', JSON_TYPE, `{"title":"A"}${MARK}`, 400],
    ['twice, in front of an array', JSON_TYPE, `${MARK}${MARK}[{"title":"A"}]`, 400],
    ['cut short, in front of an array', JSON_TYPE, Buffer.from('\xBB[{"title":"A"}]', 'latin1'), 400],
    ['twice, in front of CSV', CSV, `${MARK}${MARK}title\nA\n`, 422],
    ['twice, in front of lines', NDJSON, `${MARK}${MARK}{"title":"A"}\n`, 422],
    ['in front of an element', JSON_TYPE, `[${MARK}{"title":"A"}]`, 422],
    ['cut short, and nothing else', NDJSON, Buffer.from('\xEF\xBB', 'latin1'), 422],
  ])('%s, as %s, is refused', async (_what, type, text, status) => {
    expect(await send('POST', '/probes', type, [Buffer.from(text)])).toMatchObject({ status });
    expect(await probes.countDocuments()).toBe(0);
  });

  test('in front of a later line makes that line a bad one', async () => {
    const text = `{"title":"A"}\n${MARK}{"title":"B"}\n{"title":"C"}\n`;
    const { status, body } = await send('POST', '/probes', NDJSON, whole(text));
    expect([status, body]).toMatchObject([200, { read: 3, inserted: 2, bad: 1 }]);
  });

  test('in a text is a part of it', async () => {
    const title = `${MARK}A${MARK}`;
    const { body } = await send('POST', '/probes', JSON_TYPE, whole(JSON.stringify({ title })));
    expect(body).toMatchObject({ title });
  });
});

test('Nothing but one mark is taken off a text, however it is cut into pieces', async () => {
  const part = fc.constantFrom(Buffer.from(MARK), Buffer.from([0xef]), Buffer.from([0xef, 0xbb]), Buffer.from('{}'));
  const text = fc.array(part, { maxLength: 4 }).map((parts) => Buffer.concat(parts));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(12)), async (bytes, cuts) => {
      const ends = [...new Set([...cuts, bytes.length])].filter((end) => end <= bytes.length).toSorted((a, b) => a - b);
      const pieces = async function* () {
        for (const [place, end] of ends.entries()) yield bytes.subarray(ends[place - 1] ?? 0, end);
      };
      const read: Buffer[] = [];
      for await (const piece of withoutMarkAhead(pieces())) read.push(piece);
      const hasMark = bytes.toString('latin1').startsWith('\xEF\xBB\xBF');
      expect(Buffer.concat(read)).toEqual(bytes.subarray(hasMark ? 3 : 0));
    }),
  );
});
