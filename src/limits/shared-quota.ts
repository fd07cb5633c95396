import { setTimeout as sleep } from 'node:timers/promises';
import type { Granted, Policy } from './quota-counts.ts';

/** Whether a request may be done, and what its subject may do after it. */
export interface Share {
  isGranted: boolean;
  left: number;
  resetMs: number;
}

/** What this process knows of one subject. */
interface Account {
  /** Granted by the database, and not used yet. */
  unused: number;
  /** What the database had left after that. */
  left: number;
  endsAtMs: number;
  waiting: ((share: Share) => void)[];
  isAsking: boolean;
}

/**
 * A process takes this part of what is left at once, or what it needs at the moment if that is more. So most requests ask
 * nobody, and the less is left, the smaller are the parts: the last ones are counted one by one.
 */
const PARTS = 20;

/** Of more subjects, the one that was seen first is forgotten; the database knows it still. */
const MOST_SUBJECTS = 20_000;

/** A request waits no longer for the count of a slow database. */
const PATIENCE_MS = 1500;
const PATIENCE_PARTS = 8;

/**
 * Makes the function that takes one request from a subject's quota. The quota is that of all processes together; a subject
 * that has none left is refused here until its window ends. If the database does not answer, the process grants the whole
 * quota once for a window of its own.
 * @param takeShared takes a part from the database
 * @param ready what must have ended before, however long it takes
 */
export function sharedQuota(
  takeShared: (subject: string, wanted: number) => Promise<Granted>,
  { quota, windowMs }: Pick<Policy, 'quota' | 'windowMs'>,
  ready = async () => {},
): (subject: string) => Share | Promise<Share> {
  const accounts = new Map<string, Account>();

  function accountOf(subject: string): Account {
    const known = accounts.get(subject);
    if (known) return known;
    const account: Account = { unused: 0, left: quota, endsAtMs: 0, waiting: [], isAsking: false };
    accounts.set(subject, account);
    const [first] = accounts.size > MOST_SUBJECTS ? accounts.keys() : [];
    if (first !== undefined) accounts.delete(first);
    return account;
  }

  async function takeInTime(subject: string, wanted: number): Promise<Granted> {
    const alone: Granted = { granted: quota, left: 0, resetMs: windowMs };
    await ready();
    const taken = takeShared(subject, wanted).catch(() => alone);
    return Promise.race([taken, patience().then(() => alone)]);
  }

  async function ask(subject: string, account: Account): Promise<void> {
    account.isAsking = true;
    while (account.waiting.length > 0) {
      const left = isOver(account) ? quota : account.left;
      const { granted, ...rest } = await takeInTime(
        subject,
        Math.max(account.waiting.length, Math.floor(left / PARTS)),
      );
      Object.assign(account, { unused: granted, left: rest.left, endsAtMs: performance.now() + rest.resetMs });
      const served = account.waiting.splice(0, rest.left > 0 ? granted : Infinity);
      for (const resolve of served) resolve(use(account));
    }
    account.isAsking = false;
  }

  return (subject) => {
    const account = accountOf(subject);
    if (!isOver(account) && (account.unused > 0 || account.left === 0)) return use(account);
    return new Promise((resolve) => {
      account.waiting.push(resolve);
      if (!account.isAsking) void ask(subject, account);
    });
  };
}

/** In parts: while this process is too busy to take what has come, each of its turns counts for one part only. */
async function patience(): Promise<void> {
  for (let part = 0; part < PATIENCE_PARTS; part += 1)
    await sleep(PATIENCE_MS / PATIENCE_PARTS, undefined, { ref: false });
}

const isOver = ({ endsAtMs }: Account) => performance.now() >= endsAtMs;

/** Takes one request from what was granted to this process. */
function use(account: Account): Share {
  const isGranted = account.unused > 0;
  if (isGranted) account.unused -= 1;
  return { isGranted, left: account.left + account.unused, resetMs: Math.max(0, account.endsAtMs - performance.now()) };
}
