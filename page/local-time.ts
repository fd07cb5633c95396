const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0');

/** A time as `<input type="datetime-local">` has it: in the zone of this machine, to the millisecond. Empty if it is no time. */
export function toLocal(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(':');
  return `${day}T${clock}.${pad(date.getMilliseconds(), 3)}`;
}

/** The time that an `<input type="datetime-local">` has, as the API writes it; undefined if it is no time. */
export function fromLocal(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The zone of this machine at a time: `Europe/Berlin, GMT+02:00`. */
export function zoneAt(time: string | undefined): string {
  const date = new Date(time ?? Date.now());
  const formatter = new Intl.DateTimeFormat('en', { timeZoneName: 'longOffset' });
  const parts = formatter.formatToParts(Number.isNaN(date.getTime()) ? new Date() : date);
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${formatter.resolvedOptions().timeZone}, ${offset}`;
}
