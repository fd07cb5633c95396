import { answered, client, type Member } from '../client.ts';
import { Refusal, type ProblemDetails } from '../problem.ts';
import type { Resource } from '../resources.ts';
import type { Values } from './values.ts';

/** A state of a member, with the tag that names it. */
export interface State {
  member: Member;
  etag: string;
}

const REPRESENTATION = 'return=representation';

/** The types of one resource stand for all; only JSON is sent. */
const body = (values: Values) => JSON.parse(JSON.stringify(values));

const stateOf = async (asked: Parameters<typeof answered<Member>>[0]): Promise<State> => {
  const { data, headers } = await answered(asked);
  return { member: data, etag: headers.get('etag') ?? '' };
};

/** The present state. @throws {Refusal} 404 if there is no such member */
export const read = ({ path }: Resource, id: string): Promise<State> =>
  stateOf(client.GET(`${path}/{id}`, { params: { path: { id } } }));

/** The state at a time in the past. @throws {Refusal} 404 if there was no such member, 410 if it is not known any more */
export const readAt = ({ path }: Resource, id: string, at: string): Promise<State> =>
  stateOf(client.GET(`${path}/{id}`, { params: { path: { id }, query: { at } } }));

/** Makes a member. @param key the same for each attempt: together they make one member */
export async function create({ path }: Resource, values: Values, key: string): Promise<Member> {
  const header = { 'Idempotency-Key': `"${key}"`, Prefer: REPRESENTATION };
  const { data } = await answered(client.POST(path, { params: { header }, body: body(values) }));
  if (!isMember(data)) throw new Error('The answer shows no member.');
  return data;
}

const isMember = (data: unknown): data is Member =>
  typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string';

/** Changes a member by a merge patch, if it is still in the state that the tag names. @throws {Refusal} 412 if it is not */
export const change = ({ path }: Resource, id: string, patch: Values, etag: string): Promise<State> =>
  stateOf(
    client.PATCH(`${path}/{id}`, {
      params: { path: { id }, header: { 'If-Match': etag, Prefer: REPRESENTATION } },
      body: body(patch),
    }),
  );

/** Removes a member, if it is still in the state that the tag names. @throws {Refusal} 412 if it is not */
export async function remove({ path }: Resource, id: string, etag: string): Promise<void> {
  const { error, response } = await client.DELETE(`${path}/{id}`, {
    params: { path: { id }, header: { 'If-Match': etag } },
  });
  if (!response.ok) throw new Refusal(response.status, problemIn(error));
}

/** Brings a removed member back, with changes to what it was. @throws {Refusal} 409 if it is there */
export const restore = ({ path }: Resource, id: string, patch: Values = {}): Promise<State> =>
  stateOf(client.POST(`${path}/{id}/restore`, { params: { path: { id } }, body: body(patch) }));

const problemIn = (error: unknown): Partial<ProblemDetails> =>
  typeof error === 'object' && error !== null ? error : {};

/** Whether the API refused a request with this status. */
export const isRefusal = (error: unknown, ...statuses: readonly number[]): error is Refusal =>
  error instanceof Refusal && statuses.includes(error.status);

/** Whether it is not known if a request was done: there was no answer, or none that tells. */
export const isUncertain = (error: unknown): boolean => !(error instanceof Refusal) || error.status >= 500;
