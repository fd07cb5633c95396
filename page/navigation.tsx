import { caller, mayEnterHouse, nameOf, signOut } from './caller.ts';
import { isReachable, isSignInNeeded } from './connection.ts';
import { key } from './key.ts';
import { addressOf, location } from './location.ts';
import { labelOf, resources } from './resources.ts';

/** The way to each view that the person may see. */
export function Navigation() {
  const { parts } = location.value;
  const place = parts.length === 0 ? (resources[0]?.name ?? '') : parts.join('/');
  const links = [
    ...resources.flatMap(({ name }) => [
      { label: labelOf(name), parts: [name] },
      { label: resources.length > 1 ? `${labelOf(name)} in numbers` : 'In numbers', parts: [name, 'plots'] },
    ]),
    ...(mayEnterHouse() ? [{ label: 'House', parts: ['house'] }] : []),
  ];
  return (
    <header>
      <a class="skip" href={addressOf(parts)} onClick={skip}>
        Skip to the content
      </a>
      <nav aria-label="Views">
        {links.map(({ label, parts }) => (
          <a key={label} href={addressOf(parts)} aria-current={place === parts.join('/') ? 'page' : undefined}>
            {label}
          </a>
        ))}
        <a href="docs">API</a>
      </nav>
      <p class="who">
        <span class={`state ${isReachable.value ? 'good' : 'bad'}`}>{isReachable.value ? 'Connected' : 'Away'}</span>
        <Who />
      </p>
    </header>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main')?.focus();
}

/** Who is signed in, where anybody is. */
function Who() {
  const { parts, parameters } = location.value;
  const isOpen = caller.value?.id === null;
  if (isOpen || isSignInNeeded.value || parts[0] === 'sign-in') return null;
  const from = new URLSearchParams({ from: addressOf(parts, parameters) });
  if (key.value === undefined) return <a href={addressOf(['sign-in'], from)}>Sign in</a>;
  return (
    <>
      {caller.value && <span>{nameOf(caller.value)}</span>}
      <button type="button" onClick={signOut}>
        Sign out
      </button>
    </>
  );
}
