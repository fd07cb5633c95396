import { testDocument } from './documented.ts';

testDocument('README.md');
