import type { components } from '../api-types.d.ts';
import { answered, client } from '../client.ts';
import { Age } from '../age.tsx';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';

const EVERY_MS = 5000;

type Migration = components['schemas']['Migration'];
type State = Migration['state'];

const readMigrations = async (signal: AbortSignal) => {
  const { data } = await answered(client.GET('/migrations', { signal }));
  return data.toReversed(); // the newest first
};

/** What each state means for an operator, and what to do. An applied one needs nothing. */
const REMEDIES: Readonly<Record<Exclude<State, 'applied'>, string>> = {
  pending: 'Some are not applied to the database yet. To apply them, run npx migrate-mongo up.',
  running: 'A process applies or reverts one now.',
  unfinished:
    'The last run of one failed half-way or was killed. Run npm run migrate:resume to go on with it, or npm run migrate:rollback ' +
    'to take it back.',
  unknown: 'The database has some that this version does not know: a newer version was here. Run that version.',
};

/** What has become of each migration, and what to do. */
export function Migrations() {
  const reading = useReading(readMigrations, EVERY_MS);
  return (
    <Part id="migrations" title="Migrations" reading={reading}>
      {(migrations) => (
        <>
          <Remedies migrations={migrations} />
          {migrations.length === 0 && <p>There are none.</p>}
          <ul class="plain migrations">
            {migrations.map(({ name, state, appliedAt }) => (
              <li key={name}>
                <code>{name}</code>
                <span class={`state ${state === 'applied' ? 'good' : 'bad'}`}>
                  {state} {appliedAt !== null && <Age time={appliedAt} />}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Part>
  );
}

function Remedies({ migrations }: { migrations: readonly Migration[] }) {
  const count = (state: State) => migrations.filter((one) => one.state === state).length;
  const states = (['unfinished', 'running', 'pending', 'unknown'] as const).filter((state) => count(state) > 0);
  return states.map((state) => (
    <p key={state}>
      <strong>
        {count(state)} {state}.
      </strong>{' '}
      {REMEDIES[state]}
    </p>
  ));
}
