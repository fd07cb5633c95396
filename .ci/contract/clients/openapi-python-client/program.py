import sys
from datetime import datetime, timezone

from generated import Client
from generated.api.engines import create_engine, list_engines, patch_engine, read_engine
from generated.models import Engine, EnginePatch, ListedEngine, NewEngine, Problem

client = Client(base_url=sys.argv[1])


def create(**fields) -> Engine:
    created = create_engine.sync(client=client, body=NewEngine(**fields))
    assert isinstance(created, Engine), created
    return created


fired = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
created = create(title="a,b", thrust=1, last_fired=fired)
assert created.last_fired == fired, created
for title in ["c", "a", "b", "a,b,c"]:
    create(title=title)

listed = list_engines.sync(client=client, titlein=["a,b", "c"])
assert isinstance(listed, list), listed
titles = [engine.title for engine in listed]
assert titles == ["a,b", "c"], titles

patched = patch_engine.sync(created.id, client=client, body=EnginePatch(thrust=981, last_fired=None))
assert isinstance(patched, Engine), patched
assert (patched.thrust, patched.last_fired) == (981, None), patched

problem = create_engine.sync(client=client, body=NewEngine(title=""))
assert isinstance(problem, Problem), problem
assert [problem.status, problem.errors[0].pointer] == [422, "/title"], problem

read = read_engine.sync_detailed(created.id, client=client)
assert read.parsed == patched
known = read_engine.sync_detailed(created.id, client=client, if_none_match=read.headers["ETag"])
assert known.status_code == 304, known
print(f"listed {' and '.join(titles)}; thrust {patched.thrust}; problem {problem.status} at {problem.errors[0].pointer}; known {known.status_code}")
