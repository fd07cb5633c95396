import { afterAll } from '@jest/globals';
import { cleanUp } from './cleanup.ts';

afterAll(cleanUp);
