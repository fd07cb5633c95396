import { testDocument } from './documented.ts';

testDocument('docs/settings.md');
