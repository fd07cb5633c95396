import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixtureServer } from '../../testing.ts';
import { anyString } from '../../testing/any-string.ts';
import { readDescription } from '../../testing/description.ts';
import { links } from '../../testing/links.ts';

const { url, probes } = await fixtureServer({ settings: { allowScans: true } });
const TITLES = ['a', 'b', 'a,b', 'a\\', 'a\\,b', 'a+b', 'a b', 'c&d=e', 'null', '100%', 'é'];

beforeAll(async () => {
  await probes.insertMany(TITLES.map((title, thrust) => ({ title, thrust })));
});

/** The titles on a page, and the page behind it. */
async function read(target: string): Promise<{ titles: string[]; next: string | undefined }> {
  const response = await fetch(url + target);
  const body: unknown = await response.json();
  if (!Array.isArray(body)) throw new Error(JSON.stringify(body));
  return {
    titles: body.map(({ title }) => String(title)),
    next: links(response.headers.get('link') ?? undefined)['next'],
  };
}

test('a list in a query is described as repeated, which is what clients agree on', async () => {
  const { operations } = await readDescription(url);
  const lists = operations.flatMap(({ parameters }) => parameters.filter(({ schema }) => 'items' in schema));
  expect(lists.length).toBeGreaterThan(10);
  for (const list of lists) {
    expect(list.in).toBe('query');
    // OpenAPI's defaults are the style `form` with `explode`.
    for (const other of ['style', 'explode', 'content']) expect(list).not.toHaveProperty(other);
  }
});

test.each([
  ['title[in]=a%2Cb,c', ['a,b']],
  ['title[in]=a%2cb', ['a,b']],
  ['title[in]=a,b', ['a', 'b']],
  ['title[in]=a%5C,b', ['b', 'a\\']],
  ['title[in]=a%5C%2Cb', ['a\\,b']],
  ['title[in]=a%2Bb,a+b,a%20b', ['a+b', 'a b']],
  ['title[in]=c%26d%3De,c&title[ne]=d', ['c&d=e']],
  ['title[in]=a%2Cb&title[in]=c%26d%3De', ['a,b', 'c&d=e']],
  ['title[in]=a&title[ne]=c&title%5Bin%5D=b,a%2Cb', ['a', 'b', 'a,b']],
  ['title[in]=a\\&title[in]=b', ['b', 'a\\']],
  ['title[nin]=a&title[nin]=b&sort=-title&sort=thrust&fields=title&fields=thrust&limit=1', ['é']],
  [String.raw`title[in]=a\,b,c`, ['a,b']],
  [String.raw`title[in]=a\\,b`, ['b', 'a\\']],
  ['title[nin]=a%2Cb,a,b,null', TITLES.filter((title) => !['a,b', 'a', 'b', 'null'].includes(title))],
  ['thrust[in]=1%2C2,3', ['b', 'a,b', 'a\\']],
  ['thrust[in]=3,2&sort=-thrust%2Ctitle&fields=title%2Cthrust', ['a\\', 'a,b']],
])('a list as in ?%s is split at its commas, then decoded', async (query, found) => {
  expect((await read(`/probes?${query}`)).titles).toEqual(found);
});

test('any list that is written as the description says is read as the same, and stays so from page to page', async () => {
  const title = fc.oneof(fc.constantFrom(...TITLES), anyString({ maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(title, { minLength: 1, maxLength: 20 }), fc.boolean(), async (titles, repeated) => {
      // RFC 6570, section 3.2.8: as generated clients send it, one by one or all in one.
      const list = `title[in]=${titles.map(encodeURIComponent).join(repeated ? '&title[in]=' : ',')}`;
      const found: string[] = [];
      for (let target: string | undefined = `/probes?${list}&fields=title,thrust&limit=1`; target;) {
        const page = await read(target);
        found.push(...page.titles);
        target = page.next;
      }
      expect(found).toEqual(TITLES.filter((one) => titles.includes(one)));
    }),
    { numRuns: 30 },
  );
});
