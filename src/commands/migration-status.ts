import type { Db } from 'mongodb';
import { pause } from '../interruption.ts';
import {
  describeUnfinished,
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

function describe({ files, applied, entries, unfinished }: State, isRunning: boolean) {
  const names = new Set([...files.map(({ name }) => name), ...applied.map(({ fileName }) => fileName)]);
  return [...names].toSorted().map((fileName) => {
    const mark = applied.find((one) => one.fileName === fileName);
    const open = unfinished.find((one) => one.fileName === fileName);
    const isLatest = open !== undefined && open._id === entries.at(-1)?._id;
    const state = open
      ? isRunning && isLatest && open.state === 'started'
        ? running(open)
        : describeUnfinished(open)
      : mark
        ? 'applied'
        : 'pending';
    return { fileName, appliedAt: mark?.appliedAt.toJSON(), state };
  });
}

function running({ action, checkpoints }: Entry): string {
  const progress = Object.entries(checkpoints).map(
    ([label, { done, total }]) => `${decodeURIComponent(label)}: ${partInWords({ done, total, unit: 'documents' })}`,
  );
  return [`${action} is running`, ...progress].join(', ');
}
