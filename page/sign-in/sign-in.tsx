import { notify } from '../notices.tsx';

/** Signs in with a key. */
export function SignIn() {
  return (
    <>
      <h1>Sign in</h1>
      <button type="button" onClick={() => notify({ kind: 'failed', text: 'not yet' })}>
        Sign in
      </button>
    </>
  );
}
