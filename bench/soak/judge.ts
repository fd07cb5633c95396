import type { Db, Document } from 'mongodb';
import { OUTBOX } from '../../src/rest/writes/outbox.ts';
import type { Ledger, Write } from './ledger.ts';

/**
 * What is wrong with the stored engines and their history, in words: each write that was acknowledged must be there, once.
 * @param url of the API, which brings the history of an engine up to date when it is read
 */
export async function judge(db: Db, url: string, { writes }: Ledger): Promise<string[]> {
  for (const id of await unsettled(db)) await fetch(`${url}/engines/${id}/history?limit=1`);
  const entries = await db
    .collection('engines.history')
    .find({ pending: { $ne: true } })
    .sort({ of: 1, at: 1 })
    .toArray();
  const engines = await db.collection('engines').find().toArray();
  const faults: string[] = [];
  const byThrust = new Map<number, Document[]>();
  const byEngine = new Map<string, Document[]>();
  for (const entry of entries) {
    const thrust = thrustOf(entry);
    if (thrust !== undefined) byThrust.set(thrust, [...(byThrust.get(thrust) ?? []), entry]);
    const id = String(entry['of']);
    byEngine.set(id, [...(byEngine.get(id) ?? []), entry]);
  }
  const removals = (id: string) => (byEngine.get(id) ?? []).filter(({ kind }) => kind === 'remove').length;
  for (const { kind, id, thrust, knowledge } of writes) {
    const count = kind === 'remove' ? removals(id ?? '') : (byThrust.get(thrust)?.length ?? 0);
    const name = kind === 'remove' ? `the removal of ${id}` : `the write of thrust ${thrust}`;
    if (knowledge === 'done' && count !== 1) faults.push(`${name} was acknowledged, and has ${count} entries`);
    // A removal that was refused may be done later.
    if (knowledge === 'refused' && kind === 'set' && count !== 0)
      faults.push(`${name} was refused, and has ${count} entries`);
    if (count > 1) faults.push(`${name} was done ${count} times`);
  }
  const stored = new Map(engines.map((engine) => [String(engine['_id']), engine]));
  for (const [id, changes] of byEngine) faults.push(...faultsOf(id, changes, stored.get(id)));
  faults.push(...outOfOrder(writes, byThrust));
  for (const id of stored.keys()) if (!byEngine.has(id)) faults.push(`engine ${id} has no history`);
  return faults;
}

/** The engines that carry entries, and those with an entry of which it is not known whether its change was made. */
async function unsettled(db: Db): Promise<Set<string>> {
  const carrying = await db.collection('engines').distinct('_id', { [OUTBOX]: { $exists: true } });
  const announced = await db.collection('engines.history').distinct('of', { pending: true });
  return new Set([...carrying, ...announced].map(String));
}

/** The number that a write has left. */
function thrustOf({ patch }: Document): number | undefined {
  for (const { path, value } of patch) {
    if (path === '/thrust') return value;
    if (path === '' && value) return value.thrust;
  }
  return undefined;
}

function faultsOf(id: string, changes: readonly Document[], engine: Document | undefined): string[] {
  const last = changes.at(-1);
  if (last?.['kind'] === 'remove') return engine ? [`engine ${id} is there, though its last entry removes it`] : [];
  if (!engine) return [`engine ${id} is not there, and no entry removes it`];
  const thrust = last && thrustOf(last);
  return engine['thrust'] === thrust ? [] : [`engine ${id} has thrust ${engine['thrust']}, its last entry ${thrust}`];
}

/** The acknowledged writes of one engine are in the order in which its client has sent them. */
function outOfOrder(writes: readonly Write[], byThrust: ReadonlyMap<number, readonly Document[]>): string[] {
  const latest = new Map<string, number>();
  const faults: string[] = [];
  for (const { kind, id, thrust, knowledge } of writes) {
    if (kind !== 'set' || id === undefined || knowledge !== 'done') continue;
    const at = Number(byThrust.get(thrust)?.[0]?.['at'] ?? NaN);
    if (at <= (latest.get(id) ?? -Infinity))
      faults.push(`the write of thrust ${thrust} is not behind the one before it`);
    latest.set(id, at);
  }
  return faults;
}
