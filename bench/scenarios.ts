import { deepStrictEqual } from 'node:assert/strict';
import type { Request } from 'autocannon';
import { OperatorError } from '../src/operator-error.ts';
import type { BySubject, Subject } from './servers.ts';

/** One kind of request. */
export interface Scenario {
  name: string;
  /** The servers that are measured besides the other two. */
  apis: readonly ('api' | 'apiWithHistory')[];
  /** The ids that requests use, if it matters which. */
  ids: readonly string[];
  request: (subject: Subject, id: string) => Request;
  /** The status that each answer must have. */
  status: number;
  /** Least ratios of the API's requests per second to those of the others. */
  targets: { bare?: number; tutorial?: number };
}

const SIZE = 50;
/** How many engines have known tags, so that they must not change. */
const UNCHANGED = 64;
const PAGE = `/engines?limit=${SIZE}`;
const JSON_HEADERS = { 'content-type': 'application/json' };
const READ = { bare: 0.8 };
const LIST = { ...READ, tutorial: 2 };

export const NAMES = {
  one: 'GET one',
  first: 'first page',
  deep: 'deep page',
  search: 'search',
  prefix: 'search by prefix',
  known: '304',
  create: 'POST',
  change: 'PATCH',
} as const;

/** The paths of lists, by scenario: their pages hold the same engines. */
export type Lists = Awaited<ReturnType<typeof walk>>['lists'];

/** Walks the API's pages up to nine tenths of the collection, as a client would. @param sort a whole parameter, or '' */
async function follow(url: string, sort: string, documents: number, signal: AbortSignal) {
  const ids: string[] = [];
  let path: string | undefined = `/engines?limit=200${sort}`;
  while (path !== undefined && ids.length < documents * 0.9 - 200) {
    const response = await fetch(url + path, { signal });
    const page: unknown = await response.json();
    if (!Array.isArray(page)) throw new OperatorError(`The API answered ${path} with ${response.status}, not a page.`);
    ids.push(...page.map(({ id }) => String(id)));
    path = /<([^>]+)>; *rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return { ids, cursor: new URL(path ?? '', url).searchParams.get('after') };
}

/** @returns the ids of nine tenths of the engines, and the paths of lists, among them that of the page behind these ids */
export async function walk(url: string, documents: number, signal: AbortSignal) {
  const { ids, cursor } = await follow(url, '', documents, signal);
  const lists = {
    first: asked('', '', ''),
    deep: asked(`&after=${cursor}`, `&after=${ids.at(-1)}`, `&page=${ids.length / SIZE + 1}`),
    // All of them are found as whole words at the start.
    search: asked('&q=merlin', '&q=merlin', '&search=merlin'),
    // None of them is found as a whole word, so the API first tries whole words in vain.
    prefix: asked('&q=merl', '&q=merl', '&search=merl'),
  };
  return { ids, lists };
}

const SORT = '&sort=-thrust,title';

/** The API's paths of first and deep pages, for which the database is asked how much it examines. */
export async function pagesToExplain(url: string, documents: number, signal: AbortSignal, { first, deep }: Lists) {
  const { cursor } = await follow(url, SORT, documents, signal);
  const sorted = PAGE + SORT;
  return [first.api, deep.api, sorted, `${sorted}&after=${cursor}`];
}

const asked = (api: string, bare: string, tutorial: string): BySubject<string> => ({
  api: PAGE + api,
  apiWithHistory: PAGE + api,
  bare: PAGE + bare,
  tutorial: PAGE + tutorial,
});

/** The scenarios. @param tags the entity tags of the last ids, for each server */
export function scenarios(ids: readonly string[], lists: Lists, tags: BySubject<ReadonlyMap<string, string>>) {
  const api = ['api'] as const;
  const both = ['api', 'apiWithHistory'] as const;
  const changing = ids.slice(0, -UNCHANGED);
  const create = JSON.stringify({ title: 'Made by the bench', thrust: 100 });
  // Another value each time: a change that changes nothing is not written.
  let thrust = 0;
  const change = () => JSON.stringify({ thrust: (thrust = (thrust + 1) % 1_000_000) });
  const list = (name: keyof Lists): Scenario => ({
    name: NAMES[name],
    apis: api,
    ids: changing,
    request: (subject) => ({ path: lists[name][subject] }),
    status: 200,
    targets: LIST,
  });
  const all: Scenario[] = [
    {
      name: NAMES.one,
      apis: api,
      ids: changing,
      request: (_subject, id) => ({ path: `/engines/${id}` }),
      status: 200,
      targets: READ,
    },
    list('first'),
    list('deep'),
    list('search'),
    list('prefix'),
    {
      name: NAMES.known,
      apis: api,
      ids: ids.slice(-UNCHANGED),
      request: (subject, id) => ({
        path: `/engines/${id}`,
        headers: { 'if-none-match': tags[subject].get(id) ?? '' },
      }),
      status: 304,
      targets: READ,
    },
    {
      name: NAMES.create,
      apis: both,
      ids: changing,
      request: () => ({ method: 'POST', path: '/engines', headers: JSON_HEADERS, body: create }),
      status: 201,
      targets: {},
    },
    {
      name: NAMES.change,
      apis: both,
      ids: changing,
      request: (_subject, id) => ({ method: 'PATCH', path: `/engines/${id}`, headers: JSON_HEADERS, body: change() }),
      status: 200,
      targets: {},
    },
  ];
  return all;
}

/** The entity tags of the engines that nobody changes, by id. */
export async function readTags(url: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const tags = new Map<string, string>();
  for (const id of ids.slice(-UNCHANGED)) {
    const response = await fetch(`${url}/engines/${id}`, { headers: { 'if-none-match': '"none"' } });
    tags.set(id, response.headers.get('etag') ?? '');
  }
  return tags;
}

/** @throws {OperatorError} if the servers do not answer alike, which would make the comparison worthless */
export async function requireSameAnswers(
  servers: BySubject<{ url: string }>,
  ids: readonly string[],
  lists: Lists,
): Promise<void> {
  const one = `/engines/${ids[0]}`;
  for (const paths of [{ api: one, bare: one, tutorial: one }, ...Object.values(lists)]) {
    const ask = async (subject: 'api' | 'bare' | 'tutorial') =>
      [await (await fetch(servers[subject].url + paths[subject])).json()].flat().map(renamed);
    const api = await ask('api');
    for (const other of ['bare', 'tutorial'] as const) {
      const flaw = new OperatorError(`The API does not answer ${paths.api} with what the ${other} server does.`);
      deepStrictEqual(await ask(other), api, flaw);
    }
  }
}

/** The tutorial's answer with the API's names instead of Mongoose's. */
function renamed(engine: unknown) {
  const { _id, __v, ...rest } = Object(engine);
  return { id: _id, ...rest };
}
