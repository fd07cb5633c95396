import type { Member } from '../client.ts';
import type { Change } from '../live.ts';
import { valueAt, type Order } from './order.ts';

/** What has just happened to a row. A row that is gone is shown for a moment. */
export interface Mark {
  kind: 'new' | 'changed' | 'removed' | 'unmatched';
  /** Marks are numbered, so that each goes after its time. */
  number: number;
  /** The columns whose values have changed. */
  columns: readonly string[];
}

/** A member in the list. The object is another one if something about it is. */
export interface Row {
  member: Member;
  mark?: Mark;
}

/** How changes find their places. */
export interface Placing {
  /** Undefined if only the server knows the order. */
  order: Order | undefined;
  /** The last member that was read, if others follow it: what comes behind it will be read later. */
  boundary: Member | undefined;
  columns: readonly string[];
  number: number;
}

/** The rows with a page behind them. A row that is on the page too has moved there. */
export function joined(rows: readonly Row[], members: readonly Member[]): Row[] {
  const read = new Set(members.map(({ id }) => id));
  const kept = rows.some(({ member }) => read.has(member.id))
    ? rows.filter(({ member }) => !read.has(member.id))
    : rows;
  return [...kept, ...members.map((member) => ({ member }))];
}

/**
 * The rows after changes. Who has a place in what was read gets it.
 * @returns also how many rows are marked, and how many members have a place that only the server knows
 */
export function changed(rows: readonly Row[], changes: readonly Change[], placing: Placing) {
  const latest = new Map(
    changes.flatMap((change) => (change.kind === 'reset' ? [] : [[idOf(change), change] as const])),
  );
  const result: Row[] = [];
  const placed: Row[] = [];
  let marked = 0;
  for (const row of rows) {
    const change = latest.get(row.member.id);
    latest.delete(row.member.id);
    const next = change ? after(row, change, placing) : row;
    if (next.mark !== row.mark) marked += 1;
    const hasMoved = next !== row && placing.order !== undefined && placing.order(row.member, next.member) !== 0;
    (hasMoved ? placed : result).push(next);
  }
  let unplaced = 0;
  for (const change of latest.values()) {
    if (change.kind !== 'created' && change.kind !== 'changed') continue;
    if (placing.order)
      placed.push({ member: change.member, mark: { kind: 'new', number: placing.number, columns: [] } });
    else if (change.kind === 'created') unplaced += 1;
  }
  for (const row of placed) if (place(result, row, placing) && row.mark?.kind === 'new') marked += 1;
  return { rows: result, marked, unplaced };
}

type MemberChange = Exclude<Change, { kind: 'reset' }>;

const idOf = (change: MemberChange) => ('member' in change ? change.member.id : change.id);

function after(row: Row, change: MemberChange, { columns, number }: Placing): Row {
  if (!('member' in change))
    return isGone(row) ? row : { member: row.member, mark: { kind: change.kind, number, columns: [] } };
  const { member } = change;
  const different = columns.filter(
    (name) => JSON.stringify(valueAt(row.member, name)) !== JSON.stringify(valueAt(member, name)),
  );
  if (isGone(row)) return { member, mark: { kind: 'new', number, columns: [] } };
  if (different.length > 0) return { member, mark: { kind: 'changed', number, columns: different } };
  return row.mark ? { member, mark: row.mark } : { member };
}

/** Puts a row where it belongs, unless that is behind what was read. */
function place(rows: Row[], row: Row, { order, boundary }: Placing): boolean {
  if (!order || (boundary && order(row.member, boundary) > 0)) return false;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle];
    if (other && order(other.member, row.member) < 0) low = middle + 1;
    else high = middle;
  }
  rows.splice(low, 0, row);
  return true;
}

/** Whether the row is shown only to say that its member has gone. */
export const isGone = ({ mark }: Row): boolean => mark?.kind === 'removed' || mark?.kind === 'unmatched';

/** The rows without the marks up to a number. @param gone whether only rows that are gone go */
export function unmarked(rows: readonly Row[], number: number, gone: boolean): readonly Row[] {
  const isOver = (row: Row) => row.mark !== undefined && row.mark.number <= number && (isGone(row) || !gone);
  if (!rows.some(isOver)) return rows;
  return rows.flatMap((row) => (!isOver(row) ? [row] : isGone(row) ? [] : [{ member: row.member }]));
}
