import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);

let path = '';
let etag = '';
beforeEach(async () => {
  await probes.deleteMany({});
  const { headers } = await api.post('/probes').send({ title: 'Merlin' });
  [path = '', etag = ''] = [headers['location'], headers['etag']];
});

const WEAK =
  /Weak tags, which begin with W\/, never match here \(RFC 9110, section 13\.1\.1\)\. A proxy that compresses answers/;
const SUFFIX = /A proxy that compresses answers has added the name of a coding to the tag/;
const suffixed = (tag: string, suffix: string) => tag.replace(/"$/, `${suffix}"`);
const other = `"${'x'.repeat(27)}"`;

/** What became of a conditional write, and of a conditional read, which say the same. */
async function refusal(tags: string) {
  const written = await api.patch(path).set('If-Match', tags).send({ thrust: 5 });
  const read = await api.get(path).set('If-Match', tags);
  expect([written.status, read.status, read.body.errors]).toEqual([412, 412, written.body.errors]);
  expect(await probes.findOne()).toMatchObject({ thrust: 0 });
  const [{ header, keyword, detail }] = written.body.errors;
  expect([header, keyword]).toEqual(['If-Match', 'precondition']);
  return String(detail);
}

describe('a tag of the present state in If-Match', () => {
  test.each([
    ['weak, as nginx makes it', (tag: string) => `W/${tag}`, WEAK],
    ['weak, among others', (tag: string) => `"a", W/${tag}, "b"`, WEAK],
    ['with a suffix, as Apache makes it', (tag: string) => suffixed(tag, '-gzip'), SUFFIX],
    ['with that of brotli', (tag: string) => suffixed(tag, '-br'), SUFFIX],
    ['with that of deflate', (tag: string) => suffixed(tag, '-df'), SUFFIX],
    ['with that of zstd', (tag: string) => suffixed(tag, '-zstd'), SUFFIX],
    ['with one in the older way', (tag: string) => suffixed(tag, ';gzip'), SUFFIX],
    ['with one in Jetty’s way', (tag: string) => suffixed(tag, '--gzip'), SUFFIX],
    ['with both', (tag: string) => `W/${suffixed(tag, '-gzip')}`, WEAK],
  ])('that is %s is told apart from that of another state, with what altered it', async (_how, alter, reason) => {
    const detail = await refusal(alter(etag));
    expect(detail).toMatch(reason);
    expect(detail).toContain(`names the present state, but a proxy has altered the tag; the ETag is ${etag}.`);
    expect(detail).toContain('Read with Accept-Encoding: identity');
    expect((await api.patch(path).set('If-Match', etag).send({ thrust: 5 })).status).toBe(200);
  });
});

describe('a tag of another state in If-Match', () => {
  test.each([
    ['weak', `W/${other}`, WEAK],
    ['with a suffix', suffixed(other, '-gzip'), SUFFIX],
  ])('that is %s is told to be one, and that it would not match anyhow', async (_how, tag, reason) => {
    const detail = await refusal(tag);
    expect(detail).toMatch(reason);
    expect(detail).toContain(`names another state; the present ETag is ${etag}.`);
  });

  test.each([
    ['strong', other],
    ['of another server, with a suffix', '"33a64df5-gzip"'],
    ['long', suffixed(other, '-tar')],
  ])('that is %s is told in short', async (_how, tag) => {
    expect(await refusal(tag)).toBe(`names another state; the present ETag is ${etag}`);
  });
});
