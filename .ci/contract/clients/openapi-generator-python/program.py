import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("generated")))
from engines_client import ApiClient, Configuration, NewEngineOrMany, Engine, EnginePatch, EnginesApi, NewEngine, Problem
from engines_client.exceptions import ApiException, UnprocessableEntityException

api = EnginesApi(ApiClient(Configuration(host=sys.argv[1])))


def create(**fields) -> Engine:
    return api.create_engine(NewEngineOrMany(NewEngine(**fields)))


fired = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
created = create(title="a,b", thrust=1, last_fired=fired)
assert isinstance(created, Engine) and created.last_fired == fired, created
for title in ["c", "a", "b", "a,b,c"]:
    create(title=title)

listed = api.list_engines(title_in=["a,b", "c"])
titles = [engine.title for engine in listed]
assert titles == ["a,b", "c"], titles

[unfired, group] = api.summarise_engines(by="lastFired[month]", of=["thrust", "lastFired"], quantiles=[0.5])
summary = group.of.thrust
assert (unfired.by.last_fired, unfired.count, group.by.last_fired.month) == (None, 4, 5), [unfired, group]
assert (summary.count, summary.mean, summary.sum.actual_instance, summary.quantiles) == (1, 1, 1, {"0.5": 1}), summary
assert group.of.last_fired.max == fired, group

patched = api.patch_engine(created.id, EnginePatch(thrust=981, last_fired=None))
assert (patched.thrust, patched.last_fired) == (981, None), patched

try:
    # By itself it refuses what its model does not allow, before it is sent.
    api.patch_engine(created.id, EnginePatch.model_construct(title=""))
    sys.exit("An empty title was taken.")
except UnprocessableEntityException as failure:
    problem = failure.data
    assert isinstance(problem, Problem), problem
    assert [flaw.pointer for flaw in problem.errors] == ["/title"], problem

read = api.read_engine_with_http_info(created.id)
assert read.data == patched
try:
    # Its headers are in the case in which they came; it raises what is not a success, a 304 too.
    api.read_engine(created.id, if_none_match=read.headers["etag"])
    sys.exit("A representation that is known was sent again.")
except ApiException as failure:
    known = failure
assert known.status == 304, known
print(f"listed {' and '.join(titles)}; thrust {patched.thrust}; problem {problem.status} at {problem.errors[0].pointer}; known {known.status}")
