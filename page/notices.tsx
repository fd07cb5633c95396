import { signal } from '@preact/signals';

/** A message for the person, for some seconds; with something to do about it if there is. */
export interface Notice {
  text: string;
  kind: 'done' | 'failed';
  action?: { label: string; run: () => void };
}

interface Shown extends Notice {
  number: number;
}

const SHOWN_MS = 12_000;
const notices = signal<readonly Shown[]>([]);
let last = 0;

/** Shows a message, and has screen readers say it. */
export function notify(notice: Notice): void {
  const number = ++last;
  notices.value = [...notices.value.slice(-2), { ...notice, number }];
  if (notice.kind === 'done') setTimeout(dismiss, SHOWN_MS, number);
}

const dismiss = (number: number) => (notices.value = notices.value.filter((notice) => notice.number !== number));

/** Takes all messages away. */
export const dismissAll = () => (notices.value = []);

/** The messages, at the lower edge. The region is there from the start, because screen readers watch it. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ number, text, kind, action }) => (
        <p key={number} class={`notice ${kind}`}>
          <span>{text}</span>
          {action && (
            <button type="button" onClick={() => (dismiss(number), action.run())}>
              {action.label}
            </button>
          )}
          <button type="button" class="quiet" aria-label="Dismiss this message" onClick={() => dismiss(number)}>
            ×
          </button>
        </p>
      ))}
    </div>
  );
}
