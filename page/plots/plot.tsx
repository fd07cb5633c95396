import type uPlot from 'uplot';
import { useEffect, useRef } from 'preact/hooks';

/** Points of a plot, from left to right. */
interface Points {
  /** A number, a time in seconds, or a place in a row. */
  x: readonly number[];
  y: readonly (number | null)[];
}

interface Options extends Points {
  /** What a screen reader says of it; the numbers are in a table beside it. */
  label: string;
  shape: 'bars' | 'dots';
  /** Which axes are times. */
  times: readonly ('x' | 'y')[];
}

const HEIGHT = 280;

/** A plot. What draws it is loaded when the first one is shown. */
export function Plot({ x, y, label, shape, times }: Options) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const end = new AbortController();
    if (place.current && x.length > 0) void loadAndDraw(place.current, { x, y, label, shape, times }, end.signal);
    return () => end.abort();
  }, [x, y, label, shape, times]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}

type Library = typeof uPlot;

async function loadAndDraw(element: HTMLElement, options: Options, signal: AbortSignal): Promise<void> {
  const loaded = await import('uplot').catch(() => undefined);
  if (signal.aborted) return;
  if (loaded) draw(loaded.default, element, options, signal);
  else element.textContent = 'The plot cannot be loaded. The table has the same numbers.';
}

/** Draws, and follows the width of the element and the colours that the person prefers, until `signal` is aborted. */
function draw(UPlot: Library, element: HTMLElement, options: Options, signal: AbortSignal): void {
  let plot: uPlot | undefined;
  const redraw = () => {
    plot?.destroy();
    plot = new UPlot(settings(UPlot, element, options), [[...options.x], [...options.y]], element);
  };
  const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
  redraw();
  resized.observe(element);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw, { signal });
  signal.addEventListener('abort', () => {
    resized.disconnect();
    plot?.destroy();
  });
}

function settings(UPlot: Library, element: HTMLElement, { shape, times, x }: Options): uPlot.Options {
  // A canvas knows no light-dark(), but these properties of the element have the colours that it chose.
  const { color: text, borderTopColor: line, caretColor: accent } = getComputedStyle(element);
  const axis = (side: 'x' | 'y'): uPlot.Axis => ({
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    ...(side === 'y' && { size: times.includes('y') ? 90 : 60 }),
    ...(side === 'x' && { space: 100 }),
    ...(times.includes(side) && { values: (_plot, seconds) => seconds.map(dayOf) }),
  });
  // A bar stands on its value and reaches to the next one; behind the last one there must be room for that.
  const step = Math.min(...x.slice(1).map((value, place) => value - (x[place] ?? value)), x.length > 1 ? Infinity : 1);
  const paths = shape === 'bars' ? UPlot.paths.bars?.({ size: [0.9, 80], align: 1 }) : undefined;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: {
        time: times.includes('x'),
        ...(shape === 'bars' && { range: (_plot, least, most) => [least, most + step] }),
      },
      y: { range: (_plot, least, most) => (shape === 'bars' ? [0, most * 1.05 || 1] : [least, most]) },
    },
    axes: [axis('x'), axis('y')],
    series: [
      {},
      shape === 'bars'
        ? { stroke: accent, fill: accent, width: 0, points: { show: false }, ...(paths && { paths }) }
        : { stroke: accent, width: 0, points: { show: true, size: 8, fill: accent } },
    ],
  };
}

const dayOf = (seconds: number) => new Date(seconds * 1000).toLocaleDateString(undefined, { dateStyle: 'medium' });
