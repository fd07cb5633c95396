import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface Properties {
  label: ComponentChildren;
  /** The class of the button. */
  class?: string;
  /** What is shown; it is made when it opens. */
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens a panel above the page. Escape, or a click beside it, closes it, and the focus goes back to the button. */
export function Popover({ label, children, class: name }: Properties) {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isOpen) panel.current?.querySelector<HTMLElement>('input, select, button')?.focus();
  }, [isOpen]);
  return (
    <>
      <button type="button" class={name} popovertarget={id} aria-haspopup="dialog">
        {label}
      </button>
      <div
        ref={panel}
        id={id}
        class="panel"
        popover="auto"
        role="dialog"
        aria-label={typeof label === 'string' ? label : undefined}
        onToggle={({ newState }) => setOpen(newState === 'open')}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}
