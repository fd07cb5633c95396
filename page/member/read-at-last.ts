import { effect } from '@preact/signals';
import { isReachable } from '../connection.ts';
import type { Editing } from './editing.ts';
import { isRefusal, isUncertain, read, type State } from './requests.ts';

/** The server is asked again this long after an answer that tells nothing. */
const AGAIN_MS = 1000;

/** The present state, as soon as the server tells it; undefined if the member is not there. */
export async function readAtLast({ resource, id }: Pick<Editing, 'resource' | 'id'>): Promise<State | undefined> {
  for (;;)
    try {
      return await read(resource, id);
    } catch (error) {
      if (isRefusal(error, 404, 410)) return undefined;
      if (!isUncertain(error)) throw error;
      await reachable();
    }
}

/** Waits until the server seems to be there. */
async function reachable(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  let end = () => {};
  await new Promise<void>((resolve) => {
    end = effect(() => {
      if (isReachable.value) resolve();
    });
  });
  end();
}
