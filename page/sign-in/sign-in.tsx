import type { TargetedSubmitEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { caller, nameOf, signIn } from '../caller.ts';
import { isKeyRefused, isReachable } from '../connection.ts';
import { addressOf, location, replaceAddress } from '../location.ts';
import { dismissAll, notify } from '../notices.tsx';
import { Refusal, wordsOf } from '../problem.ts';

/** Signs in with a key, then shows what the address names, or where the person came from. */
export function SignIn() {
  useLayoutEffect(() => void dismissAll(), []); // a message may tell of what was read with the key before
  return (
    <section class="sign-in" aria-labelledby="sign-in">
      <h1 id="sign-in">Sign in</h1>
      {caller.value?.id === null ? <Open /> : <Form />}
    </section>
  );
}

/** The server asks nobody. */
function Open() {
  return (
    <>
      <p>This server asks nobody for a key: whoever reaches it may do everything.</p>
      <p>
        <a href={addressOf([])}>Go to the beginning</a>
      </p>
    </>
  );
}

function Form() {
  const [failed, setFailed] = useState<unknown>();
  const [asked, setAsked] = useState<AbortController>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const ended = new AbortController();
    setFailed(undefined);
    setAsked(ended);
    try {
      await signIn(credentialIn(field.current?.value ?? ''), ended.signal);
      notify({ kind: 'done', text: `You are signed in as ${nameOf(caller.value)}.` });
      leave();
    } catch (error) {
      setFailed(error);
      setAsked(undefined);
      field.current?.select();
    }
  };
  return (
    // What is submitted in spite of everything is at least not in the address.
    <form method="post" onSubmit={submit}>
      <Why />
      <input type="text" autocomplete="username" value="Spacecraft engine registry" readOnly hidden />
      <label for="sign-in-key">Key or token</label>
      <input
        id="sign-in-key"
        ref={field}
        type="password"
        autocomplete="current-password"
        autocapitalize="none"
        spellcheck={false}
        required
        aria-invalid={failed !== undefined}
        aria-describedby="sign-in-why sign-in-hint"
      />
      <p id="sign-in-hint" class="quiet">
        An administrator makes keys. This tab keeps yours until you sign out or close it.
      </p>
      <Failure failed={failed} />
      <p class="actions">
        <button class="main" disabled={asked !== undefined}>
          {asked ? 'Asking the server…' : 'Sign in'}
        </button>
        {asked && (
          <button type="button" onClick={() => asked.abort()}>
            Cancel
          </button>
        )}
        {!isReachable.value && <span class="quiet">The server is away.</span>}
      </p>
    </form>
  );
}

/** Why the form is there, for who was in the midst of something. */
function Why() {
  return isKeyRefused.value ? (
    <p id="sign-in-why" class="failed">
      The server takes the key no more that you have used: it was revoked, or it has expired. Sign in with another one,
      and you go on where you are.
    </p>
  ) : null;
}

function Failure({ failed }: { failed: unknown }) {
  const words = failed === undefined ? undefined : wordsOf(failed);
  return (
    <div role="alert">
      {words !== undefined && <p class="failed">{words}</p>}
      {failed instanceof Refusal && failed.status === 401 && (
        <p class="quiet">
          A key is not valid if it is unknown, was revoked, or has expired. The server does not tell which.
        </p>
      )}
    </div>
  );
}

/** The key in what was entered. @throws {Error} if it cannot be one, and no request could send it */
function credentialIn(entered: string): string {
  const credential = entered.trim();
  if (/^[\w.~+/-]+=*$/.test(credential)) return credential;
  throw new Error('This has characters that no key and no token has. Copy the key again, all of it and nothing else.');
}

/** Who came by the way of the navigation goes back; others are where they wanted to go. */
function leave(): void {
  const { parts, parameters } = location.value;
  if (parts[0] !== 'sign-in') return;
  const from = parameters.get('from') ?? '';
  replaceAddress(from.startsWith('#/') && !from.startsWith('#/sign-in') ? `#/${from.slice(2)}` : '#/');
}
