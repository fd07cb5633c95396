#!/usr/bin/env bash
# Fetch clients made by orval 8.38.0 and by kubb (plugin-client 4.39.3) send JSON under a wrong Content-Type.
#
#   orval: a body described as JSON and as CSV is sent as JSON without a Content-Type, so that fetch adds text/plain
#     (one that is described as JSON alone has its application/json);
#     with override.contentType.include: ['application/json'] the body of a PATCH that takes the same schema as
#     application/merge-patch+json and as application/json disappears: types are made unique by schema first, and the
#     one that is left is filtered out then.
#   kubb: a body described as JSON alone goes as text/plain too: the client sets application/json nowhere;
#     a PATCH described as merge patch and JSON Patch has the type of the first, an object, and says that it is the last.
# Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
# orval asks for Node 22.18 and works on 20.
npm install --silent --ignore-scripts --no-audit --no-fund --engine-strict=false orval@8.38.0 tsx@4.23.15 \
  @kubb/core@4.39.3 @kubb/plugin-client@4.39.3 @kubb/plugin-oas@4.39.3 @kubb/plugin-ts@4.39.3

cat >openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Things", "version": "1" },
  "paths": {
    "/json": {
      "post": {
        "operationId": "postJson",
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
        "responses": { "204": { "description": "Done" } }
      }
    },
    "/several": {
      "post": {
        "operationId": "postSeveral",
        "requestBody": {
          "content": {
            "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } },
            "text/csv": { "schema": { "type": "string" } }
          }
        },
        "responses": { "204": { "description": "Done" } }
      },
      "patch": {
        "operationId": "patchSeveral",
        "requestBody": {
          "content": {
            "application/merge-patch+json": { "schema": { "$ref": "#/components/schemas/Thing" } },
            "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } },
            "application/json-patch+json": { "schema": { "type": "array", "items": { "type": "object" } } }
          }
        },
        "responses": { "204": { "description": "Done" } }
      }
    }
  },
  "components": {
    "schemas": { "Thing": { "type": "object", "properties": { "name": { "type": "string" } } } }
  }
}
JSON
cat >orval.config.js <<'JS'
const made = (target, override) => ({ input: 'openapi.json', output: { target, client: 'fetch', baseUrl: 'http://things', override } });
export default {
  whole: made('orval.ts', {}),
  filtered: made('orval-filtered.ts', { contentType: { include: ['application/json'] } }),
};
JS
npx --no-install orval >log
cat >kubb.js <<'JS'
import { build, defineConfig } from '@kubb/core';
import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';
const plugins = [pluginOas({ generators: [] }), pluginTs(), pluginClient({ client: 'fetch' })];
const { error } = await build({
  config: defineConfig({ root: '.', input: { path: 'openapi.json' }, output: { path: 'kubb' }, plugins }),
});
if (error) throw error;
JS
node kubb.js

cat >send.ts <<'TS'
import { setConfig } from '@kubb/plugin-client/clients/fetch';
import * as kubb from './kubb/index.ts';
import * as orval from './orval.ts';
import * as filtered from './orval-filtered.ts';

let client = '';
globalThis.fetch = async (target: RequestInfo | URL, init?: RequestInit) => {
  const request = new Request(target, init);
  const path = new URL(request.url).pathname;
  console.log(client, request.method, path, request.headers.get('content-type'), (await request.text()) || 'no body');
  return new Response(null, { status: 204 });
};
setConfig({ baseURL: 'http://things' });
for (const [name, { postJson, postSeveral, patchSeveral }] of Object.entries({ orval, filtered, kubb })) {
  client = name;
  await postJson({ name: 'x' });
  await postSeveral({ name: 'x' });
  await patchSeveral({ name: 'x' } as never);
}
TS
npx --no-install tsx send.ts | tee seen
cat >expected <<'TEXT'
orval POST /json application/json {"name":"x"}
orval POST /several text/plain;charset=UTF-8 {"name":"x"}
orval PATCH /several text/plain;charset=UTF-8 {"name":"x"}
filtered POST /json application/json {"name":"x"}
filtered POST /several application/json {"name":"x"}
filtered PATCH /several null no body
kubb POST /json text/plain;charset=UTF-8 {"name":"x"}
kubb POST /several text/plain;charset=UTF-8 {"name":"x"}
kubb PATCH /several application/json-patch+json {"name":"x"}
TEXT
diff expected seen && echo 'as described'
