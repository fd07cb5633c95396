import { numberText } from '../value-text.ts';
import type { Progress, Wanted } from './import-run.ts';

const rows = (count: number, verb: string, plural = verb) =>
  count === 1 ? `1 row ${verb}` : `${numberText(count)} rows ${plural}`;

/** What a place in a file is called. */
export const placeName = ({ format }: Pick<Wanted, 'format'>) => (format === 'json' ? 'index' : 'line');

/** What has become of the rows of a file, in sentences. */
export function summaryOf(
  { stored, rejected, failure, uncertain, unsent }: Progress,
  wanted: Pick<Wanted, 'format' | 'isStrict'>,
): string[] {
  const place = placeName(wanted);
  const sentences = [`${rows(stored, 'is stored', 'are stored')}, ${rows(rejected, 'was rejected', 'were rejected')}.`];
  if (failure !== undefined) sentences.push(failure);
  if (wanted.isStrict && stored === 0 && !uncertain) sentences.push('Nothing was stored.');
  if (uncertain && wanted.isStrict) sentences.push('All rows may be stored, or none.');
  else if (uncertain) {
    const end = Number.isFinite(uncertain.next) ? `${place} ${numberText(uncertain.next - 1)}` : 'the end';
    sentences.push(
      `Of those from ${place} ${numberText(uncertain.first)} to ${end}, some may be stored without being counted.`,
    );
  }
  if (unsent !== undefined && !wanted.isStrict)
    sentences.push(`Nothing from ${place} ${numberText(unsent)} on was stored.`);
  return sentences;
}
