import type { IncomingHttpHeaders } from 'node:http';
import type { Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { readPreferences } from '../http/preferences.ts';
import type { Resource } from '../resource-description.ts';

/** A count must not keep the page waiting for long. */
const PATIENCE_MS = 1000;
/** Where an estimate of a filter's matches stops counting. */
const ESTIMATE_LIMIT = 10_000;

/** The headers of a count, for OpenAPI. */
export const countHeaders = {
  'X-Total-Count':
    'The number of members, if the request has Prefer: count=exact or count=estimated (RFC 7240) and there was time to ' +
    `count them. With a filter, the estimate ${ESTIMATE_LIMIT} means "at least ${ESTIMATE_LIMIT}"`,
  'Preference-Applied': 'The preference that was applied',
};

/** Counts what a filter matches, if the request prefers that. @returns the headers with the count; none if it takes too long */
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
