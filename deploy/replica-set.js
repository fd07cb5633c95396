// What mongosh runs once in compose.yaml: makes the replica set of the three members, and the user of the API. Running it again changes
// nothing.
/* global db, rs, sleep */
const { readFileSync } = require('node:fs');

const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const MEMBERS = ['db1', 'db2', 'db3'];
const ALREADY_INITIALIZED = 23;

db.getSiblingDB('admin').auth('root', secret('root-password'));
try {
  rs.initiate({ _id: 'engines', members: MEMBERS.map((name, _id) => ({ _id, host: `${name}:27017` })) });
} catch (error) {
  if (error.code !== ALREADY_INITIALIZED) throw error;
}
while (!db.hello().isWritablePrimary) sleep(500);
// The scratch databases of verified backups and rehearsals need more than one database; backfills ask how far members are behind.
const roles = ['readWriteAnyDatabase', 'dbAdminAnyDatabase', 'clusterMonitor'];
const admin = db.getSiblingDB('admin');
if (!admin.getUser('engines')) admin.createUser({ user: 'engines', pwd: secret('engines-password'), roles });
