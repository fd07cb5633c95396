import { useEffect, useState } from 'preact/hooks';
import { caller } from '../caller.ts';
import { isSignInNeeded } from '../connection.ts';
import { addressOf } from '../location.ts';
import { notify } from '../notices.tsx';
import { labelOf, type Resource } from '../resources.ts';
import { Choice } from './choice.tsx';
import { mayImport } from './import-link.tsx';
import { summaryOf } from './summary.ts';
import { ImportRun, type Wanted } from './import-run.ts';
import { Running } from './running.tsx';

interface Started {
  wanted: Wanted;
  run: ImportRun;
}

/** Imports members from a file. */
export function Import({ resource }: { resource: Resource }) {
  const [wanted, setWanted] = useState<Started>();
  useEffect(() => wanted && follow(wanted), [wanted]);
  const label = labelOf(resource.name).toLowerCase();
  return (
    <>
      <h1>Import {label}</h1>
      {wanted ? (
        <Running {...wanted} onAnother={() => setWanted(undefined)} />
      ) : mayImport(resource) ? (
        <Choice resource={resource} onStart={(chosen) => setWanted({ wanted: chosen, run: new ImportRun(chosen) })} />
      ) : (
        <p>{caller.value ? `Your key may not add ${label}.` : 'Asking the server…'}</p>
      )}
      <p>
        <a href={addressOf([resource.name])}>Back to the {label}</a>
      </p>
    </>
  );
}

/** Runs an import. @returns what stops it when the person leaves; a message says then what was stored */
function follow({ run, wanted }: Started): () => void {
  const isRunning = () => run.progress.peek().phase !== 'ended';
  const keep = (event: Event) => {
    if (isRunning()) event.preventDefault();
  };
  window.addEventListener('beforeunload', keep);
  void run.run();
  return () => {
    window.removeEventListener('beforeunload', keep);
    // Who must sign in anew does not see the report.
    if (isRunning() || isSignInNeeded.value) void run.stop().then(tell);
  };
  function tell(): void {
    const text = `The import of ${wanted.file.name}: ${summaryOf(run.progress.peek(), wanted).join(' ')}`;
    notify({ kind: 'failed', text });
  }
}
