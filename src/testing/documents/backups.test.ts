import { testDocument } from './documented.ts';

testDocument('docs/backups.md');
