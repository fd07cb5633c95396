import { useEffect, useRef } from 'preact/hooks';
import { isReachable, isSignInNeeded } from './connection.ts';
import { later } from './later.tsx';
import { go, location } from './location.ts';
import { List } from './list/list.tsx';
import { Navigation } from './navigation.tsx';
import { Notices } from './notices.tsx';
import { resources } from './resources.ts';

const House = later(async () => (await import('./house/house.tsx')).House);
const Import = later(async () => (await import('./transfer/import.tsx')).Import);
const Member = later(async () => (await import('./member/member.tsx')).Member);
const Plots = later(async () => (await import('./plots/plots.tsx')).Plots);
const SignIn = later(async () => (await import('./sign-in/sign-in.tsx')).SignIn);

/** The whole page: the way around, what the address names, and what there is to say. */
export function App() {
  return (
    <>
      <Navigation />
      <div role="alert">
        {!isReachable.value && (
          <p class="banner">The server does not answer. This page goes on trying, and catches up when it does.</p>
        )}
      </div>
      <Content />
      <Notices />
    </>
  );
}

/** Shows what the address names. When it names something else, the focus goes there, so that screen readers say so. A view has its say first. */
function Content() {
  const main = useRef<HTMLElement>(null);
  const { parts } = location.value;
  const place = isSignInNeeded.value ? 'sign-in' : parts.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    const name = () => {
      const heading = main.current?.querySelector('h1')?.textContent ?? 'Engines';
      document.title = `${heading} · Spacecraft engine registry`;
    };
    name();
    const observer = new MutationObserver(name); // a heading may come later than its view
    observer.observe(main.current ?? document, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!isFirst.current && !main.current?.contains(document.activeElement)) main.current?.focus();
    isFirst.current = false;
  }, [place]);
  return (
    <main ref={main} tabIndex={-1}>
      <View key={place} parts={parts} />
    </main>
  );
}

function View({ parts: [first = resources[0]?.name ?? '', second] }: { parts: readonly string[] }) {
  if (first === 'sign-in' || isSignInNeeded.value) return <SignIn />;
  if (first === 'house') return <House />;
  const resource = resources.find(({ name }) => name === first);
  if (!resource) return <Missing />;
  if (second === undefined) return <List resource={resource} />;
  if (second === 'plots') return <Plots resource={resource} />;
  if (second === 'import') return <Import resource={resource} />;
  return <Member resource={resource} id={second === 'new' ? undefined : second} />;
}

function Missing() {
  return (
    <>
      <h1>Nothing is here</h1>
      <p>The address names nothing that this page knows.</p>
      <button type="button" onClick={() => go([])}>
        Go to the beginning
      </button>
    </>
  );
}
