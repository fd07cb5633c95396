import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Row } from './rows.ts';

/** So many rows above and below those that can be seen are in the document too. */
const MARGIN = 10;
/** The rows in the document change when one has scrolled by so many. */
const STEP = 10;
const PAUSE_MS = 150;

/** Where in the list the person is. Going back, and loading the page again, lead there. */
const place = {
  read: (): number => Number(Object(window.history.state).row) || 0,
  write: (row: number) => window.history.replaceState({ row }, ''),
};

/** The rows that are in the document, of a scroller whose rows have all the same height. */
interface Window {
  first: number;
  last: number;
  /** Of a row, in pixels. */
  height: number;
}

/** The height of a row, if there is one. */
const heightIn = (element: HTMLElement, otherwise: number): number =>
  element.querySelector('tbody tr[aria-rowindex]')?.getBoundingClientRect().height ?? otherwise;

/** The place where the person was when this list was shown before, and where it is now. */
export class Place {
  /** How many rows must be read so that the place can be seen. */
  last = 0;
  row = place.read();
}

/**
 * Follows what can be seen of a list's rows. What the person looks at stays where it is when rows come or go above it.
 * @param at where to begin, once something is read
 */
export function useWindow(
  scroller: { current: HTMLElement | null },
  rows: readonly Row[],
  isRead: boolean,
  at: Place,
): Window {
  const [shown, setShown] = useState<Window>({ first: 0, last: 50, height: 36 });
  const top = useRef({ id: '', row: 0 });
  const look = () => {
    const element = scroller.current;
    if (!element) return;
    const height = heightIn(element, shown.height);
    const row = Math.floor(element.scrollTop / height);
    const first = Math.max(0, Math.floor((row - MARGIN) / STEP) * STEP);
    const last = Math.ceil((row + element.clientHeight / height + MARGIN) / STEP) * STEP;
    at.last = last;
    top.current = { id: rows[row]?.member.id ?? '', row };
    const isSame = first === shown.first && last === shown.last && height === shown.height;
    if (!isSame) setShown({ first, last, height });
  };
  const latest = useRef(look);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !isRead) return;
    element.scrollTop = at.row * heightIn(element, shown.height);
    look();
  }, [at, isRead]);
  useLayoutEffect(() => {
    const element = scroller.current;
    const { id, row } = top.current;
    if (element && element.scrollTop > 0 && rows[row] && rows[row].member.id !== id) {
      const now = rows.findIndex(({ member }) => member.id === id);
      if (now !== -1) element.scrollTop += (now - row) * shown.height;
    }
    look();
  }, [rows]);
  latest.current = look;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      latest.current();
      clearTimeout(timer);
      timer = setTimeout(() => place.write(top.current.row), PAUSE_MS);
    };
    const sizes = new ResizeObserver(() => latest.current());
    sizes.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      sizes.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [scroller]);
  return shown;
}
