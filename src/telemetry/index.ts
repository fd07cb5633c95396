export { errorForLog } from './error-for-log.ts';
export { observe, type Counts } from './observe.ts';
