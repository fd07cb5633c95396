import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { launch, temporaryFolder } from '../testing/processes.ts';
import { installedSecantusDB } from './secantusdb.ts';

const program = installedSecantusDB();

(program === undefined ? test.skip : test).each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'SecantusDB ends in order by %s, also if it comes twice',
  async (signal) => {
    const { child, ended } = launch([program ?? '', '--port', '0', '--dbpath', temporaryFolder()], {});
    await once(createInterface({ input: child.stdout }), 'line');
    child.kill(signal);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0 });
  },
);
