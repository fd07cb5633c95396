import { answered, client } from '../client.ts';
import { Age, ageOf } from '../age.tsx';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';

const EVERY_MS = 10_000;
const DAY_S = 86_400;

const readLastBackup = async (signal: AbortSignal) => (await answered(client.GET('/backups/last', { signal }))).data;

type BackupRecord = Awaited<ReturnType<typeof readLastBackup>>;

/** How old the last backup is, and what a verification has found. */
export function Backups() {
  const reading = useReading(readLastBackup, EVERY_MS);
  return (
    <Part id="backups" title="Backups" reading={reading}>
      {(record) => (
        <>
          <dl>
            <dt>Last backup</dt>
            <dd>{record.backedUpAt === null ? 'none' : <Age time={record.backedUpAt} />}</dd>
            <dt>Last verification</dt>
            <dd>
              <Verdict {...record} />
            </dd>
          </dl>
          {warningsOf(record).map((text) => (
            <p key={text} class="state bad">
              {text}
            </p>
          ))}
        </>
      )}
    </Part>
  );
}

function Verdict({ verifiedAt, isSound }: BackupRecord) {
  if (verifiedAt === null) return 'none';
  return (
    <>
      {isSound ? 'sound' : 'found defects'}, <Age time={verifiedAt} />
    </>
  );
}

/** What an operator should do something about, with the command. */
function warningsOf({ backedUpAt, verifiedAt, isSound }: BackupRecord): string[] {
  const make = 'npm run db:backup makes one.';
  if (backedUpAt === null) return [`The database knows of no backup. ${make}`];
  const warnings = ageOf(backedUpAt) > DAY_S ? [`The last backup is older than a day. ${make}`] : [];
  if (verifiedAt === null) warnings.push('No backup was ever verified. npm run db:verify does that.');
  else if (isSound === false)
    warnings.push(`The backup that was verified last has defects. Do not rely on it: ${make}`);
  return warnings;
}
