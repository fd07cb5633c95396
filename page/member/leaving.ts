import type { ReadonlySignal } from '@preact/signals';
import { askBeforeLeaving } from '../location.ts';
import { useEffectAtOnce } from './effect-at-once.ts';

/**
 * Asks the person before changes that are not saved are left, by a link, a step back, or the end of the tab.
 * @param forget called if the person leaves without them
 */
export function useQuestionBeforeLeaving(isChanged: ReadonlySignal<boolean>, forget: () => void): void {
  useEffectAtOnce(() => {
    if (!isChanged.value) return undefined;
    const onUnload = (event: Event) => event.preventDefault();
    window.addEventListener('beforeunload', onUnload);
    const end = askBeforeLeaving(() => {
      const mayLeave = window.confirm('You have changes that are not saved. Leave without them?');
      if (mayLeave) forget();
      return mayLeave;
    });
    return () => {
      window.removeEventListener('beforeunload', onUnload);
      end();
    };
  });
}
