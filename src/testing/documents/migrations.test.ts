import { testDocument } from './documented.ts';

testDocument('docs/migrations.md');
