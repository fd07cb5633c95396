#!/usr/bin/env bash
# SecantusDB 0.7.0b3 (a MongoDB wire server on WiredTiger): expressions about arrays of documents that answer otherwise than MongoDB's.
#
# The document has firings: [{ n: 7, at: 1 }, { n: 8 }].
# 1. The path "$firings.n" stands for the array [7, 8] (MongoDB manual, "Field Paths": a path through an array). Here it is no array
#    in an expression: $last and $arrayElemAt give null, $sum gives 0, and $size fails with code 17124. MongoDB gives 8, 8, 15, 2.
# 2. In the condition of $filter, { $type: "$$this.at" } of an element without that field is not "missing", so comparing with
#    "missing" finds nothing. MongoDB keeps the second firing. Outside of $filter "missing" is told.
# 3. $unsetField is not known (code 31325). MongoDB has it since 5.0.
# All three were tried on the engine of MongoDB 9.0 as well.
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
from pymongo.errors import OperationFailure

uri = f"mongodb://127.0.0.1:{sys.argv[1]}/?directConnection=true"
engines = MongoClient(uri, serverSelectionTimeoutMS=20000).expressions.engines
engines.delete_many({})
engines.insert_one({"_id": 1, "firings": [{"n": 7, "at": 1}, {"n": 8}]})


def value(expression):
    try:
        [found] = engines.aggregate([{"$project": {"_id": 0, "value": expression}}])
        return found.get("value", "absent")
    except OperationFailure as error:
        return f"error {error.code}"


print("last:", value({"$last": "$firings.n"}))
print("arrayElemAt:", value({"$arrayElemAt": ["$firings.n", -1]}))
print("sum:", value({"$sum": "$firings.n"}))
print("size:", value({"$size": "$firings.n"}))
missing = {"$eq": [{"$type": "$$this.at"}, "missing"]}
print("filter:", value({"$filter": {"input": "$firings", "cond": missing}}))
print("type:", value({"$type": "$absent"}))
print("unsetField:", value({"$unsetField": {"field": "firings", "input": "$$ROOT"}}))
PY
found=$("$folder/python/bin/python" "$folder/look.py" "$port")
echo "$found"
expected="last: None
arrayElemAt: None
sum: 0
size: error 17124
filter: []
type: missing
unsetField: error 31325"
[ "$found" = "$expected" ] && echo 'as described'
