/** Moves the focus to the first control of a form with a flaw, or to what the form says; nowhere if nothing is wrong. */
export function focusFirstFlaw(form: HTMLFormElement | null): void {
  // What is wrong is shown by then.
  requestAnimationFrame(() => {
    const control = form?.querySelector<HTMLElement>('[aria-invalid=true]');
    const message = form?.querySelector<HTMLElement>('[role=alert]:not(:empty)');
    (control ?? message)?.focus();
  });
}
