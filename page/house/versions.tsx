import { answered, client } from '../client.ts';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';

/** They change when a server starts again. */
const EVERY_MS = 30_000;

const readServer = async (signal: AbortSignal) => (await answered(client.GET('/server', { signal }))).data;

/** Which versions of what answer. */
export function Versions() {
  const reading = useReading(readServer, EVERY_MS);
  return (
    <Part id="versions" title="Versions" reading={reading}>
      {({ version, database }) => (
        <dl>
          <dt>Server</dt>
          <dd>{version}</dd>
          <dt>Database</dt>
          <dd>
            {database.product} {database.version}
          </dd>
          <dt>Kind</dt>
          <dd>{database.topology}</dd>
        </dl>
      )}
    </Part>
  );
}
