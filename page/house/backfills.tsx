import type { components } from '../api-types.d.ts';
import { may } from '../caller.ts';
import { answered, client } from '../client.ts';
import { numberText } from '../value-text.ts';
import { durationText } from '../age.tsx';
import { Control } from './control.tsx';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';

const EVERY_MS = 2000;

type Backfill = components['schemas']['Backfill'];

async function readAll(signal: AbortSignal) {
  const [running, control] = await Promise.all([
    answered(client.GET('/backfills', { signal })),
    answered(client.GET('/backfills/control', { signal })),
  ]);
  return { running: running.data, control: control.data };
}

/** The backfills that run, how far they are, and how they may run. */
export function Backfills() {
  const reading = useReading(readAll, EVERY_MS);
  return (
    <Part id="backfills" title="Backfills" reading={reading}>
      {({ running, control }) => (
        <>
          {running.length === 0 && <p>None runs.</p>}
          {running.map((backfill) => (
            <Progress key={`${backfill.migration} ${backfill.label}`} backfill={backfill} isPaused={control.paused} />
          ))}
          {may('migrations:write') ? (
            <Control control={control} onChange={(changed) => reading.know({ running, control: changed })} />
          ) : (
            <p>
              {control.paused ? 'They are paused. ' : ''}
              {limitText(control.rate)}
            </p>
          )}
        </>
      )}
    </Part>
  );
}

const limitText = (rate: number | null) =>
  rate === null ? 'They may run as fast as they can.' : `They may convert ${numberText(rate)} documents per second.`;

function Progress({ backfill, isPaused }: { backfill: Backfill; isPaused: boolean }) {
  const { migration, label, done, total } = backfill;
  const name = `${label} of ${migration}`;
  return (
    <div class="backfill">
      <h3>{name}</h3>
      <progress aria-label={name} max={Math.max(total, 1)} value={total === 0 ? 1 : Math.min(done, total)} />
      <p>
        {numberText(done)} of {numberText(total)} documents. {speedText(backfill, isPaused)}
      </p>
    </div>
  );
}

function speedText({ documentsPerSecond, secondsLeft }: Backfill, isPaused: boolean): string {
  if (isPaused) return 'Paused.';
  if (documentsPerSecond === null) return 'Its speed is not known yet.';
  const left = secondsLeft === null ? '' : ` ${durationText(secondsLeft)} left.`;
  return `${numberText(Math.round(documentsPerSecond))} per second.${left}`;
}
