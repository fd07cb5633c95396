// What has to hold for answers and bodies that take long.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { read } from './client.js';

const ROWS = 700;
const NDJSON = { 'content-type': 'application/x-ndjson' };
export const EXPORT = { accept: 'application/x-ndjson', prefer: 'end-line' };

export const engine = (number) => ({ title: `Engine ${String(number).padStart(6, '0')}`, thrust: number });

export async function importStreams({ through, relay }) {
  const rows = Array.from({ length: ROWS }, (_, number) => `${JSON.stringify(engine(number))}\n`);
  const request = through.begin('POST', '/engines', NDJSON);
  // Apache gathers 16 KiB first.
  request.write(rows.slice(0, 500).join(''));
  await until(() => relay.sent.includes('Engine 000009'), 'the first rows do not reach the API');
  request.end(rows.slice(500).join(''));
  const { status, value, text } = await read(request);
  assert.equal(status, 200, text);
  assert.match(text, new RegExp(`"inserted":${ROWS}`));
  assert.equal(value, undefined);
}

export async function events({ through }) {
  for (const headers of [{}, { 'accept-encoding': 'gzip, br' }]) {
    const request = through.begin('GET', '/engines/events', { accept: 'text/event-stream', ...headers });
    request.end();
    const [response] = await once(request, 'response');
    assert.equal(response.headers['content-encoding'], undefined);
    const message = await reader(response);
    await message('event: position');
    for (const title of ['Vinci', 'Vulcain']) {
      const { value } = await through.json('POST', '/engines', { title });
      await message(`"id":"${value.id}","title":"${title}"`);
    }
    request.destroy();
  }
}

/** Reads a stream of events. @returns waits until a text has come, and did not come with a heartbeat, which pushes on what was held back */
export async function reader(stream) {
  let text = '';
  stream.setEncoding('utf8').on('error', () => {});
  stream.on('data', (chunk) => (text += chunk));
  return async (wanted) => {
    await until(() => text.includes(wanted), `no ${wanted} came, but ${JSON.stringify(text.slice(-300))}`);
    assert.ok(!text.includes(': heartbeat'), 'it came with the heartbeat only');
  };
}

export async function exportStreams({ through, relay }) {
  let release;
  relay.hold = new Promise((resolve) => (release = resolve));
  const request = through.begin('GET', '/engines', EXPORT);
  request.end();
  const [response] = await once(request, 'response');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await until(() => text.length > 10_000, 'nothing comes before the end');
  relay.hold = undefined;
  release();
  await once(response, 'end');
  assert.match(text, /\{"complete":true,"count":(\d+)\}\n$/);
  assert.ok(text.split('\n').length > ROWS);
}

export async function breaks({ through, relay, proxy }) {
  for (const how of ['reset', 'end']) {
    relay.breakOff = how;
    const broken = await through.ask('GET', '/engines', { headers: EXPORT }).then(
      ({ status, text }) => (status === 200 ? text : undefined),
      () => undefined,
    );
    relay.breakOff = undefined;
    if (proxy.hidesBreaks) assert.ok(broken !== undefined, 'it hides no broken answers: docs/deploying.md is wrong');
    else assert.equal(broken, undefined, `an answer that was broken off by ${how} looks whole`);
    assert.doesNotMatch(broken ?? '', /"complete":true/);
  }
}

/** Waits until something holds: less long than the time between two heartbeats of a stream of events. */
async function until(holds, message) {
  for (const end = Date.now() + 10_000; !holds(); await sleep(10)) if (Date.now() > end) throw new Error(message);
}
