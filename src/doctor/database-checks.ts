import type { Document } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { compare } from '../migrate/run/index.ts';
import { isLoopback } from '../loopback.ts';
import type { Checks, Found } from './finding.ts';

/** What nobody needs who only uses one database. */
const MIGHTY = new Set([
  'anyAction',
  'createUser',
  'grantRole',
  'createRole',
  'changePassword',
  'shutdown',
  'setParameter',
]);
const WRITES = new Set(['insert', 'update', 'remove', 'dropCollection', 'dropDatabase']);

/** Whether the database listens on this machine alone. */
const isLocal = ({ hosts, isSRV }: ConnectionString) =>
  !isSRV &&
  hosts.every((host) => host.includes('%2F') || isLoopback(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')));

const isEncrypted = ({ isSRV, searchParams }: ConnectionString) => {
  const given = searchParams.get('tls') ?? searchParams.get('ssl');
  return given === null ? isSRV : given === 'true';
};

/** Whether a privilege, as connectionStatus shows it, is more than a program needs that uses one database. */
function isTooMuch({ resource, actions }: Document, database: string): boolean {
  const allowed: string[] = actions;
  const isElsewhere = resource.anyResource === true || (resource.db !== undefined && resource.db !== database);
  return allowed.some((action) => MIGHTY.has(action) || (isElsewhere && WRITES.has(action)));
}

/** Who may use the database, and whether it fits this version. */
export const databaseChecks: Checks = {
  async 'database-user'({ settings: { mongodbUri }, db }): Promise<Found[]> {
    if (mongodbUri === null)
      return [
        {
          level: 'warning',
          problem: 'The embedded database asks for no password, so every user of this machine may read and change it.',
          remedy: 'Use it for development alone. For data that matter, name a MongoDB in MONGODB_URI.',
        },
      ];
    const { authInfo }: Document = await db.command({ connectionStatus: 1, showPrivileges: true });
    if (authInfo.authenticatedUsers.length === 0)
      return [
        {
          level: isLocal(new ConnectionString(mongodbUri)) ? 'warning' : 'error',
          problem: 'MongoDB asks for no password, so whoever reaches it may read and change everything.',
          remedy: `Turn on its access control, and give this program a user with readWrite and dbAdmin on ${db.databaseName}.`,
        },
      ];
    const privileges: Document[] = authInfo.authenticatedUserPrivileges ?? [];
    if (!privileges.some((privilege) => isTooMuch(privilege, db.databaseName))) return [];
    const roles: Document[] = authInfo.authenticatedUserRoles ?? [];
    const names = roles.map(({ role, db: on }) => `${role} on ${on}`).join(', ');
    return [
      {
        level: 'warning',
        problem: `The user of MongoDB may do more than the server needs: ${names}.`,
        remedy:
          `Give the server a user with readWrite and dbAdmin on ${db.databaseName}. Only db:verify, migrate:rehearse and ` +
          'db:restore --to use other databases; run them as another user.',
      },
    ];
  },

  'database-tls'({ settings: { mongodbUri } }) {
    const uri = mongodbUri === null ? undefined : new ConnectionString(mongodbUri);
    if (!uri || isLocal(uri) || isEncrypted(uri)) return [];
    return [
      {
        level: 'warning',
        problem: 'The connection to MongoDB is not encrypted, so the network between can read all data.',
        remedy: 'Let MongoDB speak TLS, and add tls=true to the connection string.',
      },
    ];
  },

  async migrations({ db, migrations }) {
    const { pending, ahead } = await compare(db, migrations);
    const found = (problem: string, remedy: string): Found => ({ level: 'warning', problem, remedy });
    return [
      ...(pending.length > 0
        ? [found(`Migrations are pending: ${pending.join(', ')}.`, 'Run npx migrate-mongo up.')]
        : []),
      ...(ahead.length > 0
        ? [
            found(
              `The database has migrations of a newer version: ${ahead.join(', ')}.`,
              'Run the version that knows them.',
            ),
          ]
        : []),
    ];
  },
};
