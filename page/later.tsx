import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/**
 * A view whose code is loaded when somebody goes there, so that the first view of the page does not wait for that of the others.
 * @param load imports the view
 */
export function later<Properties extends object>(
  load: () => Promise<ComponentType<Properties>>,
): ComponentType<Properties> {
  const loaded = signal<ComponentType<Properties> | undefined>(undefined);
  const hasFailed = signal(false);
  const begin = async () => {
    hasFailed.value = false;
    const view = await load().catch(() => undefined);
    loaded.value = view;
    hasFailed.value = view === undefined;
  };
  return function Later(properties: Properties) {
    useEffect(() => {
      if (!loaded.peek()) void begin();
    }, []);
    const View = loaded.value;
    if (View) return <View {...properties} />;
    if (!hasFailed.value) return <p class="quiet">Loading…</p>;
    return (
      <p class="failed">
        This part of the page could not be loaded.{' '}
        <button type="button" onClick={begin}>
          Try again
        </button>
      </p>
    );
  };
}
