/** A write, or a read, that a migration asks for. */
export interface Write {
  /** `null` for one that concerns the whole database. */
  collection: string | null;
  /** The driver's method, or `command` and its name: `updateMany`, `command collMod`. */
  operation: string;
  parameters: readonly unknown[];
}

/** Decides over each write: `send` passes it on, with these parameters, and gives the driver's answer. */
export type Intercept = (write: Write, send: (parameters: readonly unknown[]) => Promise<unknown>) => Promise<unknown>;
