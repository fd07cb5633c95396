import type { Db } from 'mongodb';
import { pause } from '../interruption.ts';
import {
  describeUnfinished,
  labelOf,
  migrationStates,
  readControl,
  readMigrator,
  readState,
  type Entry,
  type State,
} from '../migrate/run/index.ts';
import { partInWords } from '../progress.ts';
import { table } from './table.ts';

interface Options {
  folder: string;
  json: boolean;
  /** Whether it is printed again every second, until no process migrates. */
  watch: boolean;
}

/** Prints the state of every migration, and which process migrates now. */
export async function showStatus(db: Db, { folder, json, watch }: Options): Promise<void> {
  for (;;) {
    const [state, holder, control] = await Promise.all([readState(db, folder), readMigrator(db), readControl(db)]);
    const migrations = describe(state, holder !== undefined);
    if (json) console.log(JSON.stringify({ migrations, running: holder ?? null, control }));
    else {
      console.log(
        table(
          ['Filename', 'Applied At', 'State'],
          migrations.map(({ fileName, appliedAt, state }) => [fileName, appliedAt ?? 'PENDING', state]),
        ),
      );
      if (holder) console.log(`Process ${holder.pid} on ${holder.host} is migrating (${holder.command}).`);
      if (control.paused) console.log('Backfills are paused. Resume them with npm run migrate:resume.');
      if (control.rate !== undefined) console.log(`Backfills are limited to ${control.rate} documents per second.`);
    }
    if (!watch || holder === undefined) return;
    await pause(1000);
  }
}

function describe(state: State, isRunning: boolean) {
  const known = state.files.map(({ name }) => name);
  return migrationStates(known, state, isRunning).map(({ name, state, appliedAt, run }) => ({
    fileName: name,
    appliedAt: appliedAt?.toJSON(),
    state: run
      ? state === 'running'
        ? running(run)
        : describeUnfinished(run)
      : state === 'unknown'
        ? 'applied'
        : state,
  }));
}

function running({ action, checkpoints }: Entry): string {
  const progress = Object.entries(checkpoints).map(
    ([key, { done, total }]) => `${labelOf(key)}: ${partInWords({ done, total, unit: 'documents' })}`,
  );
  return [`${action} is running`, ...progress].join(', ');
}
