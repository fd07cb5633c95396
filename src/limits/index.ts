export { limiting, type LimitSettings } from './limiting.ts';
