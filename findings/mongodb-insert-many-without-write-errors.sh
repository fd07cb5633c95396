#!/usr/bin/env bash
# mongodb 7.8.0 (the Node.js driver): insertMany, when the server refuses the command as a whole, rejects with a
# MongoBulkWriteError whose list writeErrors is empty. insertOne rejects with the server's own MongoServerError.
# So code that looks through writeErrors for what was not inserted, as one does for { ordered: false }, takes such a refusal
# (here by the user's rights, code 13) for success. The code of the error itself tells it: 13, as of the server.
# The server here is a few lines of OP_MSG, as the manual's "MongoDB Wire Protocol" describes it: it answers hello, and
# refuses every insert. Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mongodb@7.8.0 bson@7.2.0
cat >look.mjs <<'JS'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { BSON } from 'bson';
import { MongoClient } from 'mongodb';

const hello = { ok: 1, isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 27, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000 };
const refusal = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' };
const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (; bytes.length >= 16 && bytes.length >= bytes.readInt32LE(0); bytes = bytes.subarray(bytes.readInt32LE(0))) {
      const message = bytes.subarray(0, bytes.readInt32LE(0));
      const isLegacy = message.readInt32LE(12) === 2004;
      const isInsert = !isLegacy && Object.keys(BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21))))[0] === 'insert';
      const document = BSON.serialize(isInsert ? refusal : hello);
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
const client = new MongoClient(`mongodb://127.0.0.1:${server.address().port}/?directConnection=true`, { serverSelectionTimeoutMS: 5000, retryWrites: false });
const parts = client.db('catalog').collection('parts');
const tell = (name) => (error) => console.log(name, error.constructor.name, error.code, 'writeErrors' in error ? `writeErrors ${JSON.stringify(error.writeErrors)}` : '');
await parts.insertOne({ name: 'valve' }).catch(tell('insertOne:'));
await parts.insertMany([{ name: 'valve' }, { name: 'pump' }], { ordered: false }).catch(tell('insertMany:'));
await client.close();
server.close();
JS
found=$(node look.mjs | sed 's/ *$//')
echo "$found"
expected='insertOne: MongoServerError 13
insertMany: MongoBulkWriteError 13 writeErrors []'
[ "$found" = "$expected" ] && echo 'as described'
