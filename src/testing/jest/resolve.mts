import type { ResolveHook } from 'node:module';

/** Node's hook by which `@jest/globals`, which refuses to be imported outside of Jest's own module loader, is globals.ts. */
export const resolve: ResolveHook = (specifier, context, next) =>
  specifier === '@jest/globals'
    ? { url: new URL('globals.ts', import.meta.url).href, shortCircuit: true }
    : next(specifier, context);
