"""What schemathesis cannot find in the description: how rows and entity tags look, and what can be used only once."""

import csv
import io
import json
import os
import re
import uuid

import schemathesis
from hypothesis import strategies as st

NDJSON, CSV = "application/x-ndjson", "text/csv"
ID = re.compile("[0-9a-f]{24}")
KEY = re.compile(r'"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[\w.:@/+=-]{1,255}', re.ASCII)

titles = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=128)
OWN_KEY = os.environ["ENGINES_KEY"].split("_")[1]

rows = st.lists(st.fixed_dictionaries({"title": titles, "thrust": st.integers(0, 2**31 - 1)}), max_size=5)


def to_ndjson(engines):
    return "".join(f"{json.dumps(engine)}\n" for engine in engines).encode()


def to_csv(engines):
    text = io.StringIO()
    writer = csv.DictWriter(text, ["title", "thrust"])
    writer.writeheader()
    writer.writerows(engines)
    return text.getvalue().encode()


# For headers with a pattern schemathesis puts letters and digits together, unless it knows their format.
schemathesis.openapi.format("entity-tags", st.from_regex(r'\*|(?:W/)?"[!#-~]*"(?:, ?(?:W/)?"[!#-~]*"){0,3}', fullmatch=True))
schemathesis.openapi.media_type(NDJSON, rows.map(to_ndjson))
schemathesis.openapi.media_type(CSV, rows.map(to_csv))


@schemathesis.hook
def before_call(ctx, case, kwargs):
    if (case.path_parameters or {}).get("keyId") == OWN_KEY:
        case.path_parameters["keyId"] = "0" * 12  # without its own key it could not go on
    many = case.media_type in (NDJSON, CSV) or isinstance(case.body, list)
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
        if many:
            del case.headers["Idempotency-Key"]  # the answer to many rows is not kept
    for row in case.body if isinstance(case.body, list) else []:
        if isinstance(row, dict) and isinstance(row.get("id"), str) and ID.fullmatch(row["id"]):
            row["id"] = uuid.uuid4().hex[:24]
