import { useEffect, useState } from 'preact/hooks';
import { valueText } from './value-text.ts';

const [MINUTE_S, HOUR_S, DAY_S] = [60, 3600, 86_400];

const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** A length of time for people: `3 h`. */
export function durationText(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  return plural(Math.round(seconds / DAY_S), 'day');
}

/** How long ago a time is, in seconds. */
export const ageOf = (time: string): number => (Date.now() - Date.parse(time)) / 1000;

const EVERY_MS = 10_000;

/** How long ago something was, also as time goes on; the whole time is its title. */
export function Age({ time }: { time: string }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const age = ageOf(time);
  return (
    <time dateTime={time} title={valueText({ kind: 'time' }, time)}>
      {age < 5 ? 'just now' : `${durationText(age)} ago`}
    </time>
  );
}
