import { caller, may, mayEnterHouse } from '../caller.ts';
import { Backfills } from './backfills.tsx';
import { Backups } from './backups.tsx';
import { Health } from './health.tsx';
import { Migrations } from './migrations.tsx';
import { Versions } from './versions.tsx';

/** What operators must know of the server and its database. */
export function House() {
  return (
    <>
      <h1>House</h1>
      {caller.value && !mayEnterHouse() && <p class="quiet">Your key may read no more than this.</p>}
      <div class="house">
        <Health />
        {may('migrations:read') && <Backfills />}
        {may('backups:read') && <Backups />}
        {may('server:read') && <Versions />}
        {may('migrations:read') && <Migrations />}
      </div>
    </>
  );
}
