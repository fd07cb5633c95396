#!/usr/bin/env bash
# SecantusDB 0.7.0b3 (a MongoDB wire server on WiredTiger): three writes that leave something else behind than on MongoDB.
#
# 1. An update without upsert of a collection that does not exist makes that collection. MongoDB makes none, so a program
#    that has dropped its last trace by drop() finds it again. (MongoDB manual, "update", upsert)
# 2. renameCollection keeps the documents and loses the validator. (MongoDB manual, renameCollection)
# 3. In an update pipeline, $set of an embedded object replaces the object. MongoDB's $set merges into it: { ratio: 4, skin: 1 }.
#    Tried on the engine of MongoDB 9.0 as well.
# Seen with Python 3.11 and PyMongo 4.20.0. Exits with 0 while that is so.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet SecantusDB==0.7.0b3 pymongo==4.20.0
port=$("$folder/python/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/python/bin/secantusd-py" --standalone --host 127.0.0.1 --port "$port" --storage-path "$folder/data" >"$folder/log" 2>&1 &
server=$!

cat >"$folder/look.py" <<'PY'
import sys
from pymongo import MongoClient

db = MongoClient(f"mongodb://127.0.0.1:{sys.argv[1]}/?directConnection=true", serverSelectionTimeoutMS=20000).writes
db.absent.update_one({"_id": 1}, {"$set": {"state": "done"}})
print("update of nothing:", db.list_collection_names())

db.create_collection("old", validator={"$jsonSchema": {"required": ["title"]}})
db.old.rename("new")
[listed] = [one for one in db.list_collections() if one["name"] == "new"]
print("renamed, validator:", "validator" in listed["options"])

db.nozzles.insert_one({"_id": 1, "nozzle": {"ratio": 4}})
db.nozzles.update_one({"_id": 1}, [{"$set": {"nozzle": {"skin": 1}}}])
print("set in a pipeline:", db.nozzles.find_one()["nozzle"])
PY
found=$("$folder/python/bin/python" "$folder/look.py" "$port")
echo "$found"
expected="update of nothing: ['absent']
renamed, validator: False
set in a pipeline: {'skin': 1}"
[ "$found" = "$expected" ] && echo 'as described'
