#!/usr/bin/env bash
# oapi-codegen v2.8.2 sends {} for a JSON body that is one of several schemas, without an error.
#
# The body of the description below is a oneOf of an object and an array, written where it is used. The client gets
#   type CreateThingJSONBody struct { union json.RawMessage }   with MarshalJSON and FromThing
#   type CreateThingJSONRequestBody CreateThingJSONBody         a type of its own, so without those methods
# and CreateThing takes the latter: encoding/json sees a struct without exported fields. The value that FromThing stored
# is lost, the server gets {}. A oneOf that is a named component ($ref) is sent whole, for then the second is an alias.
# Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >openapi.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Things", "version": "1" },
  "paths": {
    "/inline": {
      "post": {
        "operationId": "createInline",
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "oneOf": [
                  { "$ref": "#/components/schemas/Thing" },
                  { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } }
                ]
              }
            }
          }
        },
        "responses": { "204": { "description": "Done" } }
      }
    },
    "/named": {
      "post": {
        "operationId": "createNamed",
        "requestBody": {
          "required": true,
          "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Things" } } }
        },
        "responses": { "204": { "description": "Done" } }
      }
    }
  },
  "components": {
    "schemas": {
      "Thing": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
      "Things": {
        "oneOf": [
          { "$ref": "#/components/schemas/Thing" },
          { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } }
        ]
      }
    }
  }
}
JSON
cat >go.mod <<'MOD'
module things

go 1.26.0
MOD
mkdir client
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"things/client"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		fmt.Println(request.URL.Path, string(body))
	}))
	defer server.Close()
	things, _ := client.NewClient(server.URL)

	var inline client.CreateInlineJSONBody
	_ = inline.FromThing(client.Thing{Name: "x"})
	_, err := things.CreateInline(context.Background(), client.CreateInlineJSONRequestBody(inline))
	fmt.Println("error:", err)

	var named client.CreateNamedJSONRequestBody
	_ = named.FromThing(client.Thing{Name: "x"})
	_, _ = things.CreateNamed(context.Background(), named)
}
GO
go get -tool github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>/dev/null
go get github.com/oapi-codegen/runtime@v1.9.0 2>/dev/null
go tool oapi-codegen -package client -generate client,models -o client/client.go openapi.json
go run . | tee seen
cat >expected <<'TEXT'
/inline {}
error: <nil>
/named {"name":"x"}
TEXT
diff expected seen && echo 'as described'
