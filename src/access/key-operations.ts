import type { Connection } from 'mongoose';
import { invalidBody, type Caller, type Operation } from '../rest/index.ts';
import {
  createKey,
  listKeys,
  revokeKey,
  rotateKey,
  scopeFlaws,
  shownKey,
  type IssuedKey,
  type NewKey,
} from './key-changes.ts';
import { DAY_SECONDS, keyIdSchema, keySchemas } from './key-schemas.ts';
import { scopeMissing } from './problems.ts';
import { grants, isRole, type Grant } from './roles.ts';

interface Subject {
  connection: Connection;
  /** All scopes that there are. */
  scopes: readonly string[];
  schemas: ReturnType<typeof keySchemas>;
}

/** What an admin does with keys, at `/keys`. @param scopes all that there are */
export function keyOperations(connection: Connection, scopes: readonly string[]): Operation[] {
  const subject = { connection, scopes, schemas: keySchemas(scopes) };
  return [listOperation(subject), createOperation(subject), rotateOperation(subject), revokeOperation(subject)];
}

const PATH = '/keys';
const OF_ONE = { path: `${PATH}/:keyId`, pathParameters: { keyId: keyIdSchema } };

const listOperation = ({ connection, schemas }: Subject): Operation => ({
  method: 'get',
  path: PATH,
  operationId: 'listKeys',
  summary: 'The keys, also those that cannot be used any more; the newest first',
  scope: 'keys:read',
  success: { status: 200, description: 'The keys', schema: schemas.list },
  problems: [],
  handle: async () => ({ status: 200, body: (await listKeys(connection)).map(shownKey) }),
});

const createOperation = ({ connection, scopes, schemas }: Subject): Operation => ({
  method: 'post',
  path: PATH,
  operationId: 'createKey',
  summary: 'Make a key',
  description: 'The answer has the key itself; the server keeps only a hash of it. No key can do more than its maker.',
  scope: 'keys:write',
  body: { schemas: { 'application/json': schemas.wanted }, header: 'accept-post' },
  success: issuedAnswer(schemas),
  problems: [],
  async handle({ body, caller, deadline }) {
    const wanted = newKeyOf(body);
    const flaws = scopeFlaws(wanted, scopes);
    if (flaws.length > 0) throw invalidBody(flaws);
    requireWithin(caller, wanted, scopes);
    return issuedAs(await deadline.write(() => createKey(connection, wanted)));
  },
});

const rotateOperation = ({ connection, scopes, schemas }: Subject): Operation => ({
  method: 'post',
  ...OF_ONE,
  path: `${OF_ONE.path}/rotation`,
  operationId: 'rotateKey',
  summary: 'Make a key in the place of another, which can still be used for some time',
  description: 'The new key has the same name, role and scopes. Two keys can be used at a time, no more.',
  scope: 'keys:write',
  body: { schemas: { 'application/json': schemas.rotation }, header: 'accept-post', isOptional: true },
  success: issuedAnswer(schemas),
  problems: [404, 409],
  async handle({ path, body: { overlapSeconds = DAY_SECONDS, ...body }, caller, deadline }) {
    const rotation = {
      overlapMs: Number(overlapSeconds) * 1000,
      ...endOf(body),
      permit: (grant: Grant) => requireWithin(caller, grant, scopes),
    };
    return issuedAs(await deadline.write(() => rotateKey(connection, String(path['keyId']), rotation)));
  },
});

const revokeOperation = ({ connection }: Subject): Operation => ({
  method: 'delete',
  ...OF_ONE,
  operationId: 'revokeKey',
  summary: 'End a key for good',
  description: 'The key stays in the list. On every copy of the API it is refused within a second.',
  scope: 'keys:write',
  success: { status: 204, description: 'The key cannot be used any more' },
  problems: [404],
  async handle({ path, deadline }) {
    await deadline.write(() => revokeKey(connection, String(path['keyId'])));
    return { status: 204 };
  },
});

const issuedAnswer = ({ issued }: Subject['schemas']) => ({
  status: 201,
  description: 'The new key, which nobody can read again',
  schema: issued,
  headers: { 'Cache-Control': 'no-store: no cache keeps the key' },
});

const issuedAs = ({ key, record }: IssuedKey) => ({
  status: 201,
  headers: { 'cache-control': 'no-store' },
  body: { ...shownKey(record), key },
});

type Body = Readonly<Record<string, unknown>>;

/** The wanted key of a valid body. */
function newKeyOf({ name, role, scopes, ...body }: Body): NewKey {
  if (!isRole(role)) throw new Error('the schema lets no other role through');
  return { name: String(name), role, ...(Array.isArray(scopes) && { scopes: scopes.map(String) }), ...endOf(body) };
}

/** @throws {Problem} 422 if a key would end in the past */
function endOf({ expiresAt }: Body): { expiresAt?: Date } {
  if (expiresAt === undefined) return {};
  const end = new Date(String(expiresAt));
  if (end.getTime() > Date.now()) return { expiresAt: end };
  throw invalidBody([{ pointer: '/expiresAt', keyword: 'minimum', detail: 'must be in the future' }]);
}

/** Scopes that stand for those of resources that later versions add: only a grant that is not narrowed has them. */
const LATER = ['*:read', '*:write'];

/** @throws {Problem} 403 if a key could do more than its maker */
function requireWithin(caller: Caller | undefined, wanted: Grant, scopes: readonly string[]): void {
  const beyond = [...scopes, ...LATER].find((scope) => grants(wanted, scope) && caller?.may(scope) === false);
  if (beyond !== undefined)
    throw scopeMissing(beyond, `A key with the scope ${beyond} can only be made by somebody who has that scope.`);
}
