// Has Node run TypeScript: tests and benchmarks load this first.
import './packages.js';

await import('tsx/esm');
