export { openTracer } from './tracer.ts';
