import jsonPatch, { type Operation } from 'fast-json-patch';
import { answered, client } from '../client.ts';
import type { Resource } from '../resources.ts';
import { differences, type Difference } from './differences.ts';
import { readAt } from './requests.ts';
import { isObject, type Values } from './values.ts';
import { isEditable } from './words.ts';

/** An entry of a member's history. */
interface Entry {
  at: string;
  kind: 'create' | 'change' | 'remove' | 'restore';
  caller: string;
  patch: readonly unknown[];
}

/** A change of a member, with what it has changed in fields that clients can change. */
export interface Change extends Entry {
  changes: readonly Difference[];
}

/** What is known of a member's history, the newest change first. */
export interface History {
  changes: readonly Change[];
  /** Where the changes before those are; undefined if there are none. */
  older: string | undefined;
}

const PAGE = 20;

/** The latest changes of a member, or a page of older ones. @throws {Refusal} 404 if nothing was ever known of it */
export async function readHistory(resource: Resource, id: string, after?: string): Promise<History> {
  const query = { limit: PAGE, ...(after !== undefined && { after }) };
  const { data, headers } = await answered(
    client.GET(`${resource.path}/{id}/history`, { params: { path: { id }, query } }),
  );
  const oldestFirst = data.toReversed();
  const changes = replayed(resource, await stateBefore(resource, id, oldestFirst[0]), oldestFirst);
  return { changes: changes.toReversed(), older: nextIn(headers.get('link')) };
}

/** The cursor of the next page. */
function nextIn(link: string | null): string | undefined {
  const [, target = ''] = /<([^>]*)>; *rel="next"/.exec(link ?? '') ?? [];
  return new URL(target, document.baseURI).searchParams.get('after') ?? undefined;
}

/** The state before a change; undefined if there was none or it is not known any more. */
async function stateBefore(resource: Resource, id: string, entry: Entry | undefined): Promise<Values | undefined> {
  if (!entry || entry.kind === 'create' || entry.kind === 'restore') return undefined;
  const before = new Date(Date.parse(entry.at) - 1).toISOString();
  return readAt(resource, id, before).then(
    ({ member }) => member,
    () => undefined,
  );
}

/** The entries tell what is new. What was before follows from the state before the first of them. */
function replayed(resource: Resource, start: Values | undefined, entries: readonly Entry[]): Change[] {
  let state = start;
  return entries.map((entry) => {
    const before = state;
    state = patched(before, entry);
    const changes = entry.kind === 'change' ? changesOf(entry, before, state) : [];
    return { ...entry, changes: changes.filter(({ path }) => isEditable(resource, path)) };
  });
}

const operations = ({ patch }: Entry): Operation[] => JSON.parse(JSON.stringify(patch));

/** The state after a change; undefined if that is none, or not known. */
function patched(before: Values | undefined, entry: Entry): Values | undefined {
  try {
    const after: unknown = jsonPatch.applyPatch<unknown>(before ?? null, operations(entry), false, false).newDocument;
    return isObject(after) ? after : undefined;
  } catch {
    return undefined; // somebody has changed the member by other means meanwhile
  }
}

function changesOf(entry: Entry, before: Values | undefined, after: Values | undefined): Difference[] {
  if (before && after) return differences(before, after);
  return operations(entry).map((operation) => ({
    path: operation.path.split('/').slice(1),
    before: undefined,
    after: 'value' in operation ? operation.value : undefined,
  }));
}
