/** A write or a read by a migration. */
export interface Write {
  /** `null` if it concerns the whole database. */
  collection: string | null;
  /** The driver's method, or `command` and its name: `updateMany`, `command collMod`. */
  operation: string;
  parameters: readonly unknown[];
}

/** Decides about a write. `send` sends it, with these parameters, and returns the driver's answer. */
export type Intercept = (write: Write, send: (parameters: readonly unknown[]) => Promise<unknown>) => Promise<unknown>;
