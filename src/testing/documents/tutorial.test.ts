import { testDocument } from './documented.ts';

testDocument('docs/tutorial.md');
