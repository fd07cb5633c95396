import type { Field } from './resources.ts';

const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const numbers = new Intl.NumberFormat();

/** A time for people, in their own time zone. */
const timeText = (time: string): string => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : times.format(date);
};

/** A number for people. */
export const numberText = (value: number): string => numbers.format(value);

/** The value of a field for people; a dash where there is none. */
export function valueText({ kind }: Pick<Field, 'kind'>, value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (kind === 'time') return timeText(String(value));
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
