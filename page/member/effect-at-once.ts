import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/**
 * Does something at once whenever the signals that it reads change, while the component is shown. `useSignalEffect` waits for the
 * next picture, which is too late if the component is left by then.
 * @param act the same for the whole life of the component; what it returns is called before it acts again, and at the end
 */
export const useEffectAtOnce = (act: () => void | (() => void)): void => useEffect(() => effect(act), []);
