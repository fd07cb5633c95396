#!/usr/bin/env bash
# mongodb 7.8.0 (the Node.js driver): a connection that is refused because nothing listens is labelled SystemOverloadedError and
# RetryableError, the labels by which a server says that it has too much to do. So a database that is down cannot be told from one
# that is overloaded by its label, and the driver waits and tries three times, also an insert, and also with retryWrites and
# retryReads left at their defaults. Only the name of the error, MongoNetworkError, differs. Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mongodb@7.8.0
cat >look.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { MongoClient } from 'mongodb';

// A port on which nothing listens any more.
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
await once(server.close(), 'close');

// Behind a load balancer the driver asks for a connection without asking first what kind of server there is.
const client = new MongoClient(`mongodb://127.0.0.1:${port}/?loadBalanced=true`, { serverSelectionTimeoutMS: 5000 });
let tries = 0;
client.on('connectionCreated', () => (tries += 1));
const engines = client.db('fleet').collection('engines');
for (const [name, ask] of [
  ['findOne', () => engines.findOne({})],
  ['insertOne', () => engines.insertOne({})],
]) {
  tries = 0;
  await ask().catch((error) => console.log(`${name}: ${error.name}, ${error.errorLabels.join(' ')}, ${tries} tries`));
}
await client.close();
JS
found=$(node look.mjs)
echo "$found"
expected='findOne: MongoNetworkError, SystemOverloadedError RetryableError, 3 tries
insertOne: MongoNetworkError, SystemOverloadedError RetryableError, 3 tries'
[ "$found" = "$expected" ] && echo 'as described'
