import { deepStrictEqual } from 'node:assert/strict';
import type { Request } from 'autocannon';
import { OperatorError } from '../src/operator-error.ts';
import { SERVERS, SUBJECTS, type BySubject, type Dialect, type ComparedServer, type Subject } from './servers.ts';

/** One kind of request. */
export interface Scenario {
  /** The ids that requests use, if it matters which. */
  ids: readonly string[];
  request: (subject: Subject, id: string) => Request;
  /** The status that each answer must have. */
  status: number;
}

const SIZE = 50;
/** How many engines have known tags, so that they must not change. */
const UNCHANGED = 64;
const PAGE = `/engines?limit=${SIZE}`;
const JSON_HEADERS = { 'content-type': 'application/json' };

/** The names of the scenarios, with the least ratios of requests per second to those of the bare server. */
export const TARGETS = {
  'GET one': { 'history-off': 0.95, 'as-it-comes': 0.95 },
  '304': { 'history-off': 1, 'as-it-comes': 1 },
  'first page': { 'history-off': 1.2, 'as-it-comes': 1.2 },
  'deep page': { 'history-off': 1.2, 'as-it-comes': 1.2 },
  'search, word': { 'history-off': 1.1, 'as-it-comes': 1.1 },
  'search, beginning': { 'history-off': 1, 'as-it-comes': 1 },
  POST: { 'history-off': 0.9, 'as-it-comes': 0.65 },
  PATCH: { 'history-off': 0.9, 'as-it-comes': 0.6 },
} as const;
/** The least parts of the speed without keys and limits that the API keeps with them. */
export const KEPT_TARGETS: Readonly<Partial<Record<Name, number>>> = { 'GET one': 0.9, PATCH: 0.9 };
export type Name = keyof typeof TARGETS;
export const NAMES = [
  'GET one',
  '304',
  'first page',
  'deep page',
  'search, word',
  'search, beginning',
  'POST',
  'PATCH',
] as const satisfies Name[];

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

const asked = (api: string, bare: string, tutorial: string): Record<Dialect, string> => ({
  api: PAGE + api,
  bare: PAGE + bare,
  tutorial: PAGE + tutorial,
});

/** How many lengths pages have if they vary, so that few requests of one moment ask for the same page. */
const LENGTHS = 81;

/**
 * The scenarios.
 * @param tags the entity tags of the last ids, for each server
 * @param isVaried whether the pages have other lengths each time, of 50 on average
 */
export function scenarios(
  ids: readonly string[],
  lists: Lists,
  tags: BySubject<ReadonlyMap<string, string>>,
  isVaried: boolean,
) {
  const changing = ids.slice(0, -UNCHANGED);
  const create = JSON.stringify({ title: 'Made by the bench', thrust: 100 });
  // Another value each time: a change that changes nothing is not written.
  let thrust = 0;
  const change = () => JSON.stringify({ thrust: (thrust = (thrust + 1) % 1_000_000) });
  const path = (id: string) => `/engines/${id}`;
  let page = 0;
  const length = () => SIZE + (isVaried ? ((page += 1) % LENGTHS) - Math.floor(LENGTHS / 2) : 0);
  const list = (name: keyof Lists): Scenario => ({
    ids: changing,
    request: (subject) => ({
      path: lists[name][SERVERS[subject].speaks].replace(`limit=${SIZE}`, `limit=${length()}`),
    }),
    status: 200,
  });
  const all: Record<Name, Scenario> = {
    'GET one': { ids: changing, request: (_subject, id) => ({ path: path(id) }), status: 200 },
    '304': {
      ids: ids.slice(-UNCHANGED),
      request: (subject, id) => ({ path: path(id), headers: { 'if-none-match': tags[subject].get(id) ?? '' } }),
      status: 304,
    },
    'first page': list('first'),
    'deep page': list('deep'),
    'search, word': list('search'),
    'search, beginning': list('prefix'),
    POST: {
      ids: changing,
      request: () => ({ method: 'POST', path: '/engines', headers: JSON_HEADERS, body: create }),
      status: 201,
    },
    PATCH: {
      ids: changing,
      request: (_subject, id) => ({ method: 'PATCH', path: path(id), headers: JSON_HEADERS, body: change() }),
      status: 200,
    },
  };
  return all;
}

/** The entity tags of the engines that nobody changes, by id. */
export async function readTags(
  { url, headers }: ComparedServer,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const tags = new Map<string, string>();
  for (const id of ids.slice(-UNCHANGED)) {
    const response = await fetch(`${url}/engines/${id}`, { headers: { ...headers, 'if-none-match': '"none"' } });
    tags.set(id, response.headers.get('etag') ?? '');
  }
  return tags;
}

/** @throws {OperatorError} if the servers do not answer alike, which would make the comparison worthless */
export async function requireSameAnswers(
  servers: BySubject<ComparedServer>,
  ids: readonly string[],
  lists: Lists,
): Promise<void> {
  const one = `/engines/${ids[0]}`;
  for (const paths of [{ api: one, bare: one, tutorial: one }, ...Object.values(lists)]) {
    const ask = async (subject: Subject) => {
      const { url, headers } = servers[subject];
      return [await (await fetch(url + paths[SERVERS[subject].speaks], { headers })).json()].flat().map(renamed);
    };
    const expected = await ask('bare');
    for (const subject of SUBJECTS)
      deepStrictEqual(
        await ask(subject),
        expected,
        new OperatorError(`${SERVERS[subject].title} does not answer ${paths.api} with what the bare server does.`),
      );
  }
}

/** The tutorial's answer with the API's names instead of Mongoose's. */
function renamed(engine: unknown) {
  const { _id, __v, ...rest } = Object(engine);
  return { id: _id, ...rest };
}
