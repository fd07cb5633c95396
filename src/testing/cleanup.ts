const actions: (() => unknown)[] = [];

/** Does something when the tests of this file have ended, the last thing first. Jest's own hooks cannot be set inside a test. */
export function atEnd(action: () => unknown): void {
  actions.push(action);
}

/** Does everything that the ended file has asked for, even if a part fails. */
export async function cleanUp(): Promise<void> {
  const errors: unknown[] = [];
  for (const action of actions.splice(0).toReversed())
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of the file's clean-ups failed`);
}
