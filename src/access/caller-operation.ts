import type { Operation } from '../rest/index.ts';
import type { JsonSchema } from '../schema/index.ts';
import { ROLES } from './roles.ts';

/** The longest subject of a token. */
const MOST_OF_ID = 255;

/** `GET /caller`: who asks, and what this caller may do. @param scopes all that there are */
export const callerOperation = (scopes: readonly string[]): Operation => ({
  method: 'get',
  path: '/caller',
  operationId: 'readCaller',
  summary: 'Who you are to this API, and what you may do',
  description: 'Where callers need not say who they are, nobody has a name, and everybody may do everything.',
  scope: null,
  success: {
    status: 200,
    description: 'The caller of this request',
    schema: callerSchema(scopes),
    headers: { 'Cache-Control': 'no-store: the answer depends on who asks' },
  },
  problems: [],
  async handle({ caller }) {
    const { id, name, role } = caller ?? { id: null, name: null, role: null };
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { id, name, role, scopes: scopes.filter((scope) => caller?.may(scope) ?? true) },
    };
  },
});

const callerSchema = (scopes: readonly string[]): JsonSchema => ({
  title: 'Caller',
  type: 'object',
  properties: {
    id: {
      type: ['string', 'null'],
      maxLength: MOST_OF_ID,
      description: 'The id of the key, or the subject of the token',
    },
    name: {
      type: ['string', 'null'],
      maxLength: 128,
      description: 'What the operator calls the key; null for a token',
    },
    role: { type: ['string', 'null'], enum: [...ROLES, null] },
    scopes: {
      type: 'array',
      maxItems: scopes.length,
      items: { type: 'string', enum: scopes },
      description: 'What the caller may do',
    },
  },
  required: ['id', 'name', 'role', 'scopes'],
  additionalProperties: false,
});
