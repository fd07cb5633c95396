#!/usr/bin/env bash
# Server-Sent Events: five client libraries read a block that has an id and no data in three ways.
#
# The standard (HTML, "Server-sent events", dispatching an event) sets the last event ID first and only then drops a block
# without data. So after the stream "id: 7", blank line, a client that reconnects sends Last-Event-ID: 7, and no event is
# told. Seen with the versions pinned below (Node 20, Python 3.11):
#   npm eventsource 4.1.0, eventsource-client 1.2.0 (both with eventsource-parser 3.1.1): the id is forgotten
#   npm undici 7.30.2 (EventSource): the id is kept
#   PyPI sseclient-py 1.9.0: the id is forgotten, also for the next event
#   PyPI httpx-sse 0.4.3: the id is kept, but the block is handed over as an event whose data are empty
# A server that moves a client's position by an id alone therefore loses it; an event with data reaches all of them.
# Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund \
  eventsource@4.1.0 eventsource-client@1.2.0 eventsource-parser@3.1.1 undici@7.30.2
python3 -m venv python
python/bin/pip install --quiet httpx==0.28.1 httpx-sse==0.4.3 sseclient-py==1.9.0

cat >clients.js <<'JS'
import { createServer } from 'node:http';
import { EventSource } from 'eventsource';
import { createEventSource } from 'eventsource-client';
import { EventSource as UndiciEventSource } from 'undici';

/** Ends the first answer behind an id alone; resolves with the Last-Event-ID of the second request. */
function reconnection(open) {
  return new Promise((resolve) => {
    let requests = 0;
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      requests += 1;
      if (requests === 1) return response.end('retry: 10\nid: 7\n\n');
      client.close();
      server.close();
      server.closeAllConnections();
      resolve(request.headers['last-event-id'] ?? 'none');
    }).listen(0, '127.0.0.1', () => (client = open(`http://127.0.0.1:${server.address().port}/`)));
    let client;
  });
}

console.log('eventsource', await reconnection((url) => new EventSource(url)));
console.log('eventsource-client', await reconnection((url) => createEventSource(url)));
console.log('undici', await reconnection((url) => new UndiciEventSource(url)));
JS

cat >clients.py <<'PY'
import httpx, httpx_sse, sseclient

STREAM = b"id: 7\n\ndata: x\n\n"

class Source:
    def __iter__(self):
        yield STREAM
    def close(self):
        pass

response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=STREAM)
events = httpx_sse.EventSource(response).iter_sse()
print("httpx-sse", *(f"{event.id}={event.data!r}" for event in events))
print("sseclient-py", *(f"{event.id}={event.data!r}" for event in sseclient.SSEClient(Source()).events()))
PY

{ timeout 60 node --no-warnings clients.js && timeout 60 python/bin/python clients.py; } | tee seen
cat >expected <<'TEXT'
eventsource none
eventsource-client none
undici 7
httpx-sse 7='' 7='x'
sseclient-py None='x'
TEXT
diff expected seen && echo 'as described'
