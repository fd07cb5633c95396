import type { Locator, Page } from 'playwright-core';

/** Chromium tells of each refusal on the console. */
export const REFUSED = [/status of 4\d\d/];

/** Presses the button that saves. */
export const save = (page: Page): Promise<void> => page.getByRole('button', { name: 'Save', exact: true }).click();

/** Waits until the page says so, and takes the message away, so that it can be waited for again. */
export async function saved(page: Page): Promise<void> {
  const notice = page.getByRole('status').locator('p').filter({ hasText: 'Saved' });
  await notice.getByRole('button', { name: 'Dismiss this message' }).click();
}

/** Whether the keyboard's input goes there. */
export const hasFocus = (control: Locator): Promise<boolean> =>
  control.evaluate((element) => element === document.activeElement);
