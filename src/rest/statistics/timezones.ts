import { Problem } from '../http/problems.ts';

/** The problem of a time zone that this server, or its database, does not know. */
export const unknownTimezone = (name: string) =>
  new Problem(400, 'The parameter timezone names no time zone that is known here.', [
    { parameter: 'timezone', keyword: 'format', detail: `${JSON.stringify(name)} is not in the IANA database` },
  ]);

/** The name of a time zone as the database knows it; UTC if none is given. @throws {Problem} 400 if there is no such zone */
export function readTimezone(given: unknown): string {
  if (given === undefined) return 'UTC';
  const name = String(given);
  // Some versions of Node take offsets such as +02:00 too, which name no place and have no summer time.
  if (!/^[A-Za-z]/.test(name)) throw unknownTimezone(name);
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw unknownTimezone(name);
  }
}
