#!/usr/bin/env bash
# mongodb 7.8.0 (the Node.js driver): with { raw: true }, the error of a refused insertOne, updateOne or deleteOne has neither
# the code nor the words of the server. The reply says why in its array writeErrors, which raw leaves as BSON; the driver takes
# the first byte of that for the first error. So a duplicate key (11000) cannot be told from a broken validator (121). The
# error of findOneAndUpdate keeps its code, but errInfo, where a validator says what is wrong, is a Buffer.
# The server here is a few lines of OP_MSG, as the manual's "MongoDB Wire Protocol" describes it: it answers hello, and refuses
# each write as a server does whose validator is broken. Exits with 0 while that is so.
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
const reason = { code: 121, errmsg: 'Document failed validation', errInfo: { details: { operatorName: '$jsonSchema' } } };
const answers = {
  insert: { ok: 1, n: 0, writeErrors: [{ index: 0, ...reason }] },
  update: { ok: 1, n: 0, nModified: 0, writeErrors: [{ index: 0, ...reason }] },
  findAndModify: { ok: 0, codeName: 'DocumentValidationFailure', ...reason },
};
const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (; bytes.length >= 16 && bytes.length >= bytes.readInt32LE(0); bytes = bytes.subarray(bytes.readInt32LE(0))) {
      const message = bytes.subarray(0, bytes.readInt32LE(0));
      const isLegacy = message.readInt32LE(12) === 2004;
      const [name] = isLegacy ? [] : Object.keys(BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21))));
      const document = BSON.serialize(answers[name] ?? hello);
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
const change = { $set: { thrust: 'much' } };
for (const raw of [false, true])
  for (const [name, write] of [
    ['insertOne', () => parts.insertOne({ thrust: 'much' }, { raw })],
    ['updateOne', () => parts.updateOne({}, change, { raw })],
    ['findOneAndUpdate', () => parts.findOneAndUpdate({}, change, { raw })],
  ])
    await write().catch(({ code, errInfo }) => {
      console.log(`raw ${raw}, ${name}: code ${code}, errInfo ${Buffer.isBuffer(errInfo) ? 'Buffer' : JSON.stringify(errInfo)}`);
    });
await client.close();
server.close();
process.exit();
JS
found=$(node look.mjs)
echo "$found"
expected='raw false, insertOne: code 121, errInfo {"details":{"operatorName":"$jsonSchema"}}
raw false, updateOne: code 121, errInfo {"details":{"operatorName":"$jsonSchema"}}
raw false, findOneAndUpdate: code 121, errInfo {"details":{"operatorName":"$jsonSchema"}}
raw true, insertOne: code undefined, errInfo undefined
raw true, updateOne: code undefined, errInfo undefined
raw true, findOneAndUpdate: code 121, errInfo Buffer'
[ "$found" = "$expected" ] && echo 'as described'
