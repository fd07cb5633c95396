import type { IncomingHttpHeaders } from 'node:http';
import type { Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { readPreferences } from '../http/preferences.ts';
import type { Resource } from '../resource-description.ts';

/** A count must not keep the page waiting for long. */
const PATIENCE_MS = 1000;
/** An estimate of a filter's matches stops counting here. */
const ESTIMATE_LIMIT = 10_000;

/** The headers that tell a count; for OpenAPI. */
export const countHeaders = {
  'X-Total-Count':
    'How many there are, if Prefer: count=exact or count=estimated asked for it (RFC 7240) and it could be counted in ' +
    `time. An estimate with a filter goes up to ${ESTIMATE_LIMIT}, which then means "at least"`,
  'Preference-Applied': 'The preference that was met',
};

/** Counts what a filter matches, if a request prefers that. @returns the headers that tell it; none if time runs out */
export async function count(
  { collection, maxTimeMS }: Pick<Resource, 'collection' | 'maxTimeMS'>,
  { prefer }: IncomingHttpHeaders,
  filter: Document,
): Promise<Record<string, string>> {
  const kind = prefer === undefined ? undefined : readPreferences(prefer).get('count');
  if (kind !== 'exact' && kind !== 'estimated') return {};
  const options = { maxTimeMS: Math.min(maxTimeMS, PATIENCE_MS) };
  const counted = () => {
    if (kind === 'exact') return collection.countDocuments(filter, options);
    if (Object.keys(filter).length === 0) return collection.estimatedDocumentCount(options);
    return collection.countDocuments(filter, { ...options, limit: ESTIMATE_LIMIT });
  };
  try {
    return { 'x-total-count': String(await counted()), 'preference-applied': `count=${kind}` };
  } catch (error) {
    if (hasCode(error, MAX_TIME_MS_EXPIRED)) return {};
    throw error;
  }
}
