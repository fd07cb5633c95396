import { DOCS } from './docs.ts';
import type { Operation, ResourceDeclaration } from './rest/index.ts';
import type { JsonSchema } from './schema/index.ts';

const HTML = 'text/html';

const path = (value: string, description: string): JsonSchema => ({ const: value, description });

/** `GET /` lists the paths of everything, and redirects a browser to the documentation page. */
export function root(resources: readonly ResourceDeclaration[]): Operation {
  const collections = resources.map((resource) => ({ path: resource.path, description: resource.description }));
  return {
    method: 'get',
    path: '/',
    operationId: 'start',
    summary: 'Where everything is',
    success: {
      status: 200,
      description: 'The paths of the collections, of their description, and of the health check',
      schema: {
        type: 'object',
        properties: {
          openapi: path('/openapi.json', 'The description of all operations'),
          docs: path(DOCS, 'The page that shows this description'),
          health: path('/health', 'Whether the API runs'),
          collections: {
            type: 'array',
            maxItems: collections.length,
            items: {
              type: 'object',
              properties: {
                path: { type: 'string', enum: collections.map((collection) => collection.path) },
                description: { type: 'string', maxLength: 200 },
              },
              required: ['path', 'description'],
              additionalProperties: false,
            },
          },
        },
        required: ['openapi', 'docs', 'health', 'collections'],
        additionalProperties: false,
      },
    },
    seeOther: {
      mediaTypes: [HTML],
      description: `A redirect to the documentation page, for clients that prefer ${HTML}`,
    },
    problems: [],
    async handle({ accepted }) {
      // The address is relative, so that it is also right behind a proxy that adds a prefix.
      if (accepted === HTML) return { status: 303, headers: { location: DOCS.slice(1), 'content-length': '0' } };
      return { status: 200, body: { openapi: '/openapi.json', docs: DOCS, health: '/health', collections } };
    },
  };
}
