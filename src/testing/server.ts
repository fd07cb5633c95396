import { runServer } from '../server-process.ts';
import { FIXTURES } from './fixtures.ts';

await runServer(FIXTURES);
