import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);
const strict = supertest((await fixtureServer({ settings: { requirePreconditions: true } })).url);

beforeEach(async () => {
  await probes.deleteMany({});
});

/** A stored probe: its path, and what tells its state. */
async function stored(server = api) {
  const { headers, body } = await server.post('/probes').send({ title: 'Merlin', thrust: 981 });
  const { location: path = '', etag = '', 'last-modified': lastModified = '' } = headers;
  return { path, etag, lastModified, id: String(body.id) };
}

const DAY_MS = 86_400_000;
const dayAfter = (date: string, days: number) => new Date(Date.parse(date) + days * DAY_MS).toUTCString();

describe('an ETag', () => {
  test('is strong, the same for the same state, and of every representation', async () => {
    const { path, etag, lastModified } = await stored();
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(Date.parse(lastModified)).toBeGreaterThan(Date.now() - 60_000);
    for (const answer of [await api.get(path), await api.head(path), await api.get(path)])
      expect(answer.headers).toMatchObject({ etag, 'last-modified': lastModified, 'cache-control': 'no-cache' });
    const patched = await api.patch(path).send({ thrust: 5 });
    expect(patched.headers['etag']).not.toBe(etag);
    expect((await api.get(path)).headers['etag']).toBe(patched.headers['etag']);
    const list = await api.get('/probes');
    expect((await api.get('/probes').set('If-None-Match', String(list.headers['etag']))).status).toBe(304);
  });

  test('is another one at once when anybody else changes the document', async () => {
    const { path, etag } = await stored();
    await probes.updateOne({}, { $set: { thrust: 982 } });
    expect((await api.get(path)).headers['etag']).not.toBe(etag);
    expect((await api.put(path).set('If-Match', etag).send({ title: 'Raptor' })).status).toBe(412);
    expect(await probes.findOne()).toMatchObject({ title: 'Merlin', thrust: 982 });
  });
});

describe('a client that reads', () => {
  test.each([
    ['the same tag', (tag: string) => tag, 304],
    ['its weak form', (tag: string) => `W/${tag}`, 304],
    ['a list with it', (tag: string) => `"a,b" , W/"c",, ${tag}`, 304],
    ['any', () => ' * ', 304],
    ['another tag', () => '"another"', 200],
    ['a weak one that looks alike', (tag: string) => `W/"${tag.slice(2)}`, 200],
  ])('and has %s is answered accordingly', async (_what, tags, status) => {
    const { path, etag, lastModified } = await stored();
    // A date counts for nothing beside it.
    const headers = { 'If-None-Match': tags(etag), 'If-Modified-Since': dayAfter(lastModified, 1) };
    const answer = await api.get(path).set(headers);
    expect([answer.status, answer.headers['etag']]).toEqual([status, etag]);
    if (status === 304) expect(answer.text).toBe('');
  });

  test.each([
    ['since then', (date: string) => date, 304],
    ['in the form of RFC 850', (date: string) => rfc850(dayAfter(date, 1)), 304],
    ['in the form of asctime', (date: string) => asctime(dayAfter(date, 1)), 304],
    ['before', (date: string) => dayAfter(date, -1), 200],
    ['in a form that is none', (date: string) => new Date(Date.parse(date) + DAY_MS).toISOString(), 200],
  ])('and knows it %s is answered accordingly', async (_what, form, status) => {
    const { path, lastModified } = await stored();
    expect((await api.get(path).set('If-Modified-Since', form(lastModified))).status).toBe(status);
  });

  function rfc850(date: string): string {
    const [, day = '', month = '', year = '', time = ''] = date.split(' ');
    const name = new Date(date).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
    return `${name}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
  }

  function asctime(date: string): string {
    const [weekday = '', day = '', month = '', year = '', time = ''] = date.split(' ');
    return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
  }
});

const WRITES = [
  ['put', 200],
  ['patch', 200],
  ['delete', 204],
] as const;

describe.each(WRITES)('a conditional %s', (method, success) => {
  const write = (path: string, headers: Record<string, string>, server = api) =>
    server[method](path)
      .set(headers)
      .send(method === 'delete' ? undefined : { title: 'Raptor' });

  test.each([
    ['the present tag', (tag: string) => ({ 'If-Match': tag }), success],
    ['one of a list', (tag: string) => ({ 'If-Match': `"x", ${tag}` }), success],
    ['any', () => ({ 'If-Match': '*' }), success],
    ['another tag', () => ({ 'If-Match': '"another"' }), 412],
    ['the weak form, which is not enough', (tag: string) => ({ 'If-Match': `W/${tag}` }), 412],
    ['what it must not be', (tag: string) => ({ 'If-None-Match': tag }), 412],
    ['that it must not be there', () => ({ 'If-None-Match': '*' }), 412],
    ['another that it must not be', () => ({ 'If-None-Match': '"another"' }), success],
    ['a tag without quotes', (tag: string) => ({ 'If-Match': tag.slice(1, -1) }), 400],
    ['tags without a comma', (tag: string) => ({ 'If-Match': `${tag} ${tag}` }), 400],
    ['quotes that open no tag', () => ({ 'If-Match': '", ""' }), 400],
    ['nothing', () => ({ 'If-Match': '' }), 400],
    ['any beside a tag', (tag: string) => ({ 'If-Match': `*, ${tag}` }), 400],
  ])('that names %s is done, or changes nothing', async (_what, headers, status) => {
    const { path, etag } = await stored();
    const answer = await write(path, headers(etag));
    expect(answer.status).toBe(status);
    const title = (await probes.findOne())?.['title'];
    if (status >= 400) {
      expect(title).toBe('Merlin');
      expect(answer.body).toMatchObject({ errors: [{ header: expect.stringMatching(/^If-/) }] });
    } else expect(title).toBe(method === 'delete' ? undefined : 'Raptor');
  });

  test('by a date is done if nothing happened since', async () => {
    const { path, lastModified } = await stored();
    expect((await write(path, { 'If-Unmodified-Since': dayAfter(lastModified, -1) })).status).toBe(412);
    expect((await write(path, { 'If-Unmodified-Since': lastModified })).status).toBe(success);
  });

  test('succeeds for exactly one of 50 at once', async () => {
    const { path, etag } = await stored();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        method === 'delete'
          ? api.delete(path).set('If-Match', etag)
          : api[method](path)
              .set('If-Match', etag)
              .send({ title: `Raptor ${index}` }),
      ),
    );
    const [won, ...others] = answers.toSorted((left, right) => left.status - right.status);
    expect(won?.status).toBe(success);
    expect(new Set(others.map(({ status }) => status))).toEqual(
      new Set([method === 'delete' ? others[0]?.status : 412]),
    );
    if (method !== 'delete') expect((await api.get(path)).body).toEqual(won?.body);
    else for (const { status } of others) expect([404, 412]).toContain(status);
  });

  test('is demanded where the settings say so', async () => {
    const { path, etag } = await stored(strict);
    const refused = await write(path, {}, strict);
    expect([refused.status, refused.body.errors]).toMatchObject([428, [{ header: 'If-Match' }]]);
    expect((await write(path, { 'If-Match': etag }, strict)).status).toBe(success);
  });

  test('of what is not there is a 404', async () => {
    expect((await write(`/probes/${'0'.repeat(24)}`, { 'If-Match': '*' })).status).toBe(404);
  });
});

describe('a client that prefers', () => {
  test.each([
    ['post', 201],
    ['put', 204],
    ['patch', 204],
  ] as const)('to be told as little as possible is, after a %s', async (method, status) => {
    const { path } = await stored();
    const { headers, ...answer } = await api[method](method === 'post' ? '/probes' : path)
      .set('Prefer', 'handling=lenient, return=minimal')
      .send({ title: 'Raptor' });
    expect([answer.status, answer.text]).toEqual([status, '']);
    expect(headers).toMatchObject({ 'preference-applied': 'return=minimal' });
    const now = await api.get(method === 'post' ? String(headers['location']) : path);
    expect(now.body).toMatchObject({ title: 'Raptor' });
    // After a PUT it would be taken for the tag of what was sent.
    expect(headers['etag']).toBe(method === 'put' ? undefined : now.headers['etag']);
  });

  test('the representation is told that it has it', async () => {
    const { path } = await stored();
    const answer = await api.patch(path).set('Prefer', 'return=representation').send({ thrust: 1 });
    expect(answer.headers).toMatchObject({ 'preference-applied': 'return=representation' });
    expect(answer.body).toMatchObject({ thrust: 1 });
  });
});
