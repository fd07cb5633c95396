/** The least that a client gives to make an engine. A new field that is required is named here, and in src/engines/sample.ts. */
export const LEAST_ENGINE = { title: 'Merlin 1D' };

/** What an engine of that is shown as, besides that, its id and its timestamps. A new field with a default is named here. */
export const ENGINE_DEFAULTS = { thrust: 0, lastFired: null };
