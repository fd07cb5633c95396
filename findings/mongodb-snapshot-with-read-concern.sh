#!/usr/bin/env bash
# mongodb 7.8.0 (the Node.js driver): a session with snapshot: true reads no snapshot if the client has a read concern, for
# example by readConcernLevel=majority in the connection string. Each find is sent with that level, without atClusterTime, and
# no error says so: two reads of the session may be of two moments. Without a read concern of the client, the first find asks
# for level snapshot, and the second for the same atClusterTime.
# The server here is a few lines of OP_MSG, as the manual's "MongoDB Wire Protocol" describes it: it answers hello, and each
# find with no documents, and one of level snapshot with its time too. Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mongodb@7.8.0 bson@7.2.0
cat >look.mjs <<'JS'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { BSON, Timestamp } from 'bson';
import { MongoClient } from 'mongodb';

const hello = { ok: 1, isWritablePrimary: true, setName: 'rs0', hosts: [], logicalSessionTimeoutMinutes: 30, minWireVersion: 0, maxWireVersion: 27, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000 };
const atClusterTime = new Timestamp({ t: 7, i: 1 });
const found = ({ level }) => ({ ok: 1, cursor: { id: 0n, ns: 'catalog.parts', firstBatch: [], ...(level === 'snapshot' && { atClusterTime }) } });
const concerns = [];
const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (; bytes.length >= 16 && bytes.length >= bytes.readInt32LE(0); bytes = bytes.subarray(bytes.readInt32LE(0))) {
      const message = bytes.subarray(0, bytes.readInt32LE(0));
      const isLegacy = message.readInt32LE(12) === 2004;
      const command = isLegacy ? {} : BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21)));
      if (command.find) concerns.push(JSON.stringify(command.readConcern));
      const document = BSON.serialize(command.find ? found(command.readConcern) : hello);
      const rest = isLegacy ? Buffer.from([8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]) : Buffer.alloc(5);
      const header = Buffer.alloc(16);
      header.writeInt32LE(16 + rest.length + document.length, 0);
      header.writeInt32LE(message.readInt32LE(4), 8);
      header.writeInt32LE(isLegacy ? 1 : 2013, 12);
      socket.write(Buffer.concat([header, rest, document]));
    }
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
for (const more of ['', '&readConcernLevel=majority']) {
  const client = new MongoClient(`mongodb://127.0.0.1:${server.address().port}/?directConnection=true${more}`, { serverSelectionTimeoutMS: 5000 });
  await client.withSession({ snapshot: true }, async (session) => {
    for (let read = 0; read < 2; read += 1) await client.db('catalog').collection('parts').find({}, { session }).toArray();
  });
  await client.close();
}
server.close();
console.log(concerns.join('\n'));
JS
node look.mjs | tee found
diff found - <<'EXPECTED'
{"level":"snapshot"}
{"level":"snapshot","atClusterTime":{"$timestamp":"30064771073"}}
{"level":"majority"}
{"level":"majority"}
EXPECTED
