import anyAscii from 'any-ascii';
import { OperatorError } from '../../operator-error.ts';

const MOST_CHARACTERS = 60;

/**
 * A short name for any text, of ASCII letters and digits with `_` or `-` between them, as every file system takes it:
 * `füge Notiz hinzu` is `fuge_Notiz_hinzu`.
 */
export function slugOf(text: string): string {
  const ascii = anyAscii(text.normalize('NFKC')).replaceAll("'", '');
  const words = ascii.replaceAll(/[^\w-]+/g, '_').replaceAll(/[_-]*_[_-]*/g, '_');
  // Cut between two words, if there is a place.
  const [short = ''] = trim(words).match(new RegExp(`^.{1,${MOST_CHARACTERS}}(?![^_-])`)) ?? [words];
  return trim(short.slice(0, MOST_CHARACTERS)) || 'migration';
}

const trim = (text: string) => text.replaceAll(/^[_-]+|[_-]+$/g, '');

/**
 * The time in UTC as migrate-mongo stamps its files, or a second after the newest of them where that one is ahead.
 * @param newest the newest file's name; `undefined` if there is none
 * @throws {OperatorError} if no stamp can come after the newest one
 */
export function stampAfter(newest: string | undefined, now: Date): string {
  const last = newest?.slice(0, 14) ?? '';
  if (stampOf(now) > last) return stampOf(now);
  const [year = 0, month = 0, day = 0, ...time] = (last.match(/^\d{4}|\d\d/g) ?? []).map(Number);
  // The newest stamp may be no real time, such as the 32nd of a month: then the next real time is taken.
  const first = Date.UTC(year, Math.max(month, 1) - 1, Math.max(day, 1), ...time);
  const next = [0, 1000].map((later) => new Date(first + later)).find((one) => stampOf(one) > last);
  if (next !== undefined) return stampOf(next);
  throw new OperatorError(
    `No migration can come after ${newest}: its time stamp is the last one possible. Rename that file, so that its name begins ` +
      'with the time when it was written: 14 digits, as 20260131120000.',
  );
}

/** The time in UTC, as 14 digits; empty after the year 9999, which has more digits. */
export const stampOf = (time: Date) =>
  time.getUTCFullYear() > 9999 ? '' : time.toISOString().replaceAll(/\D/g, '').slice(0, 14);
