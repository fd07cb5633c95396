#!/usr/bin/env bash
# openapi-python-client 0.29.1: an operation that takes an array as one of several bodies cannot be called at all.
#
# Where a request has several media types, the made function chooses by isinstance(body, ...). For an array it writes
# isinstance(body, list[Thing]), which Python refuses: "isinstance() argument 2 cannot be a parameterized generic". The
# tests are in a row of ifs, not elifs, so that a body of the other type, which was recognised already, fails as well.
# A merge patch beside a JSON Patch, which is an array, is such an operation. The client is made without a warning.
# Where such an operation has no optional parameter, its module cannot even be imported: it lacks the name Unset, which
# it gives to its body although that is required.
# Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1

cat >openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Things", "version": "1" },
  "paths": {
    "/thing": {
      "patch": {
        "operationId": "patchThing",
        "parameters": [{ "name": "If-Match", "in": "header", "schema": { "type": "string" } }],
        "requestBody": { "$ref": "#/components/requestBodies/Patch" },
        "responses": { "204": { "description": "Done" } }
      }
    },
    "/bare": {
      "patch": {
        "operationId": "patchBare",
        "requestBody": { "$ref": "#/components/requestBodies/Patch" },
        "responses": { "204": { "description": "Done" } }
      }
    }
  },
  "components": {
    "requestBodies": {
      "Patch": {
        "required": true,
        "content": {
          "application/merge-patch+json": { "schema": { "$ref": "#/components/schemas/Thing" } },
          "application/json-patch+json": {
            "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Operation" } }
          }
        }
      }
    },
    "schemas": {
      "Thing": { "type": "object", "properties": { "name": { "type": "string" } } },
      "Operation": { "type": "object", "properties": { "op": { "type": "string" } } }
    }
  }
}
JSON
echo 'post_hooks: []' >config.yml
python/bin/openapi-python-client generate --path openapi.json --meta none --output-path things --config config.yml

cat >call.py <<'PY'
from things import Client
from things.api.default import patch_thing
from things.models import Operation, Thing

for body in (Thing(name="x"), [Operation(op="test")]):
    try:
        patch_thing.sync_detailed(client=Client(base_url="http://127.0.0.1:9"), body=body)
        print("sent")
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
try:
    from things.api.default import patch_bare
except Exception as error:
    print(f"{type(error).__name__}: {error}")
PY
python/bin/python call.py | tee seen
cat >expected <<'TEXT'
TypeError: isinstance() argument 2 cannot be a parameterized generic
TypeError: isinstance() argument 2 cannot be a parameterized generic
NameError: name 'Unset' is not defined
TEXT
diff expected seen && echo 'as described'
