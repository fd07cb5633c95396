import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { components } from '../api-types.d.ts';
import { answered, client } from '../client.ts';
import { wordsOf } from '../problem.ts';
import { numberText } from '../value-text.ts';

type BackfillControl = components['schemas']['BackfillControl'];
type Change = components['schemas']['BackfillControlChange'];

/** Pauses and resumes backfills, and limits how fast they are. */
export function Control({
  control: { paused, rate },
  onChange,
}: {
  control: BackfillControl;
  onChange: (control: BackfillControl) => void;
}) {
  const [isAsked, setAsked] = useState(false);
  const [failure, setFailure] = useState<string>();
  const change = async (body: Change) => {
    setAsked(true);
    setFailure(undefined);
    try {
      onChange((await answered(client.PATCH('/backfills/control', { body }))).data);
    } catch (error) {
      setFailure(wordsOf(error));
    }
    setAsked(false);
  };
  const limit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget).get('rate');
    void change({ rate: entered === '' ? null : Number(entered) });
  };
  return (
    <>
      <p class="actions">
        <button type="button" aria-disabled={isAsked} onClick={() => void (isAsked || change({ paused: !paused }))}>
          {paused ? 'Resume backfills' : 'Pause backfills'}
        </button>
        <span role="status">
          {isAsked ? 'Asking the server…' : paused ? 'They are paused.' : 'They run when a migration has one.'}
        </span>
      </p>
      <form class="limit" onSubmit={limit}>
        <label for="rate">Most documents per second</label>
        <span class="actions">
          <input
            id="rate"
            name="rate"
            type="number"
            min="1"
            max="999999999"
            step="1"
            key={rate}
            defaultValue={rate === null ? '' : String(rate)}
          />
          <button>Set the limit</button>
        </span>
      </form>
      <p class="quiet">
        {rate === null ? 'No limit is set.' : `The limit is ${numberText(rate)} per second.`} An empty field means no
        limit.
      </p>
      <div role="alert">{failure !== undefined && <p class="failed">{failure}</p>}</div>
    </>
  );
}
