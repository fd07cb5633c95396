#!/usr/bin/env bash
# SecantusDB 0.7.0b3 (a MongoDB wire server on WiredTiger): three answers about its catalog that differ from MongoDB's.
#
# 1. collMod with expireAfterSeconds for a time series answers { ok: 1 }, and its options go on to show the old value:
#    a longer life that was asked for is not given. (MongoDB manual, "Set up Automatic Removal for Time Series")
# 2. A time series is listed with the type "collection", where MongoDB says "timeseries". So mongodump and others that go
#    by the type take its measurements for plain documents. (MongoDB manual, listCollections)
# 3. An index of a collection with a default collation is listed without that collation, which MongoDB shows.
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

db = MongoClient(f"mongodb://127.0.0.1:{sys.argv[1]}/?directConnection=true", serverSelectionTimeoutMS=20000).catalog
db.create_collection("readings", timeseries={"timeField": "at"}, expireAfterSeconds=60)
answer = db.command({"collMod": "readings", "expireAfterSeconds": 3600})
[listed] = [one for one in db.list_collections() if one["name"] == "readings"]
print("collMod: ok", int(answer["ok"]), "expires after", listed["options"].get("expireAfterSeconds"))
print("time series:", listed["type"])

db.create_collection("names", collation={"locale": "de"})
db.names.create_index("name")
print("collation:", db.names.index_information()["name_1"].get("collation"))
PY
found=$("$folder/python/bin/python" "$folder/look.py" "$port")
echo "$found"
expected='collMod: ok 1 expires after 60
time series: collection
collation: None'
[ "$found" = "$expected" ] && echo 'as described'
