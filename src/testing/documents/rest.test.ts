import { testDocument } from './documented.ts';

testDocument('docs/rest.md');
