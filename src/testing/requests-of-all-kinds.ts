import type { Document } from 'mongodb';
import type supertest from 'supertest';
import { links } from './links.ts';

type Api = ReturnType<typeof supertest>;

/** Sends a request about a member at a path, which has a tag. */
export type Send = (api: Api, at: string, tag: string) => PromiseLike<{ status: number }>;

/** A resource of the fixtures: its path, the least that makes a member, and a field that is a number. */
export const KINDS = [
  { path: '/probes', least: { title: 'Voyager' }, number: 'mass' },
  { path: '/relays', least: { name: 'Goldstone' }, number: 'channel' },
] as const;

type Kind = (typeof KINDS)[number];

const JSON_PATCH = 'application/json-patch+json';
const ID = '65a1b2c3d4e5f60718293a4b';
const keyed = (request: supertest.Test) => request.set('Idempotency-Key', crypto.randomUUID());

const rows = ({ least }: Kind, more: Document = {}) =>
  Array.from({ length: 3 }, () => `${JSON.stringify({ ...least, ...more })}\n`).join('');

/** All requests about members that are known by their ids, or are made. */
export function requestsOf(kind: Kind): Record<string, Send> {
  const { path, least } = kind;
  const many = (api: Api) => api.post(path).type('application/x-ndjson');
  const strictly = (api: Api) => many(api).set('Prefer', 'handling=strict');
  return {
    GET: (api, at) => api.get(at),
    'three GETs at once': async (api, at) => together([api.get(at), api.get(at), api.get(`${path}/${ID}`)]),
    POST: (api) => api.post(path).send(least),
    'POST with a key': (api) => keyed(api.post(path)).send(least),
    'three POSTs at once': async (api) => together([0, 1, 2].map(() => api.post(path).send(least))),
    'POST of many': (api) => many(api).send(rows(kind)),
    'POST of all': (api) => strictly(api).send(rows(kind)),
    'POST of none': (api) => strictly(api).send(rows(kind, { id: ID })),
    ...Object.fromEntries(Object.entries(writesOf(kind)).flatMap(onAllTerms)),
  };
}

/** A write of a member. */
type Write = (api: Api, at: string) => supertest.Test;

const writesOf = ({ least, number }: Kind): Record<string, Write> => ({
  PUT: (api, at) => api.put(at).send({ ...least, [number]: 7 }),
  PATCH: (api, at) => api.patch(at).send({ [number]: 5 }),
  ...(number === 'mass' && {
    'PATCH that empties a field': (api: Api, at: string) => api.patch(at).send({ mass: null }),
  }),
  'JSON Patch': (api, at) => api.patch(at).type(JSON_PATCH).send(`[{"op":"replace","path":"/${number}","value":6}]`),
  DELETE: (api, at) => api.delete(at),
});

const onAllTerms = ([name, write]: [string, Write]): [string, Send][] => [
  [name, write],
  [`${name} with If-Match`, (api, at, tag) => write(api, at).set('If-Match', tag)],
  [`${name} with a key`, (api, at) => keyed(write(api, at))],
  [`${name} with both`, (api, at, tag) => keyed(write(api, at)).set('If-Match', tag)],
];

/** Those of the history. */
export const HISTORY_REQUESTS: Readonly<Record<string, Send>> = {
  'GET of the past': (api, at) => api.get(`${at}?at=${new Date(Date.now() + 60_000).toISOString()}`),
  'the history': (api, at) => api.get(`${at}/history`),
  'a page of the history': async (api, at) => {
    await api.patch(at).send({});
    const { headers } = await api.get(`${at}/history?limit=1`);
    const { next = `${at}/history` } = links(headers['link']);
    return api.get(next);
  },
  'the changes of a caller': (api, at) => api.get(`${at}/history?caller=nobody`),
  restore: async (api, at) => api.delete(at).then(() => api.post(`${at}/restore`)),
  'restore with a key': async (api, at) => api.delete(at).then(() => keyed(api.post(`${at}/restore`))),
};

async function together(requests: PromiseLike<{ status: number }>[]): Promise<{ status: number }> {
  const [first = { status: 0 }] = await Promise.all(requests);
  return first;
}
