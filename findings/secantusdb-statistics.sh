#!/usr/bin/env bash
# SecantusDB 0.7.0b3 (a MongoDB wire server on WiredTiger): sums and times in aggregations.
#
# 1. $sum of int64s beyond 2^63 ends in an internal error (code 1). MongoDB gives a double.
# 2. $dateTrunc in a time zone ends in an internal error for a time of the year 1, or of the last day of 9999. MongoDB answers.
# 3. A time of the year 0, which BSON and RFC 3339 have, cannot be stored (code 2).
# 4. An unknown accumulator of $group is code 168. In MongoDB it is 15952.
# 5. $dateTrunc by the hour is as wrong as MongoDB's where a zone has shifted its clock by a part of an hour: in Asia/Kathmandu,
#    which was 5:30 ahead until 1986 and is 5:45 ahead since, an hour of 1970 begins at 23:15 UTC. It began at 23:30.
# All but the last are answered otherwise by the engine of MongoDB 9.0. src/rest/statistics does without $dateTrunc for 5. The API
# stores no int64s as large as in 1.
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
from datetime import datetime

from bson import Int64, encode
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

client = MongoClient(f"mongodb://127.0.0.1:{sys.argv[1]}/?directConnection=true", serverSelectionTimeoutMS=20000)
engines = client.statistics.engines


def value(documents, accumulator, by=None):
    try:
        engines.delete_many({})
        engines.insert_many(documents)
        [found] = engines.aggregate([{"$group": {"_id": by, "value": accumulator}}])
        return found["_id"] if by else found["value"]
    except PyMongoError as error:
        return f"error {getattr(error, 'code', None) or error.details['code']}"


def began(time, unit, zone):
    return value([{"at": time}], {"$sum": 1}, {"$dateTrunc": {"date": "$at", "unit": unit, "timezone": zone}})


print("int64s:", value([{"n": Int64(2**63 - 1)}, {"n": Int64(2**63 - 1)}], {"$sum": "$n"}))
print("the year 1 in UTC:", began(datetime(1, 1, 1), "day", "UTC"))
print("the year 1 in Berlin:", began(datetime(1, 1, 1), "day", "Europe/Berlin"))
year0 = RawBSONDocument(encode({"at": datetime(1970, 1, 1)}).replace(bytes(8), (-62167219200000).to_bytes(8, "little", signed=True)))
print("the year 0:", value([year0], {"$sum": 1}))
print("accumulator:", value([{"n": 1}], {"$unknown": "$n"}))
print("an hour in Kathmandu:", began(datetime(1970, 1, 1), "hour", "Asia/Kathmandu"))
PY
found=$("$folder/python/bin/python" "$folder/look.py" "$port")
echo "$found"
expected="int64s: error 1
the year 1 in UTC: 0001-01-01 00:00:00
the year 1 in Berlin: error 1
the year 0: error 2
accumulator: error 168
an hour in Kathmandu: 1969-12-31 23:15:00"
[ "$found" = "$expected" ] && echo 'as described'
