import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import okhttp3.Response;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.EnginesApi;
import org.openapitools.client.model.Engine;
import org.openapitools.client.model.EngineGroup;
import org.openapitools.client.model.EnginePatch;
import org.openapitools.client.model.ListedEngine;
import org.openapitools.client.model.NewEngine;
import org.openapitools.client.model.NewEngineOrMany;
import org.openapitools.client.model.Problem;

public class Program {
  private static EnginesApi api;

  public static void main(String[] arguments) throws Exception {
    api = new EnginesApi(new ApiClient().setBasePath(arguments[0]));

    OffsetDateTime fired = OffsetDateTime.parse("2026-05-01T12:00:00Z");
    Engine created = create(new NewEngine().title("a,b").thrust(1).lastFired(fired));
    expect(fired, created.getLastFired());
    for (String title : List.of("c", "a", "b", "a,b,c")) create(new NewEngine().title(title));
    String id = created.getId();

    List<ListedEngine> listed = api.listEngines().titleIn(List.of("a,b", "c")).execute();
    List<String> titles = listed.stream().map(ListedEngine::getTitle).collect(Collectors.toList());
    expect(List.of("a,b", "c"), titles);

    List<EngineGroup> groups = api.summariseEngines().by("lastFired[month]").of(Set.of("thrust")).execute();
    expect(null, groups.get(0).getBy().getLastFired());
    expect(OffsetDateTime.parse("2026-05-01T00:00:00Z"), groups.get(1).getBy().getLastFired());
    expect("1", groups.get(1).getOf().getThrust().getSum().getActualInstance().toString());

    expect(981, api.patchEngine(id, new EnginePatch().thrust(981)).execute().getThrust());
    // A patch would leave out a null: it cannot empty a field.
    Engine replaced = api.replaceEngine(id, new NewEngine().title("a,b").thrust(981)).execute();
    expect(null, replaced.getLastFired());

    ApiException refused = failureOf(() -> api.patchEngine(id, new EnginePatch().title("")).execute());
    expect(422, refused.getCode());
    Problem problem = Problem.fromJson(refused.getResponseBody());
    String pointer = problem.getErrors().get(0).getPointer();
    expect("/title", pointer);

    expect(replaced, api.readEngine(id).execute());
    String tag = api.readEngine(id).executeWithHttpInfo().getHeaders().get("etag").get(0);
    ApiException known = failureOf(() -> api.readEngine(id).ifNoneMatch(tag).execute());
    expect(304, known.getCode());
    System.out.printf(
        "listed %s; thrust %d; problem %d at %s; known %d%n",
        String.join(" and ", titles), replaced.getThrust(), problem.getStatus(), pointer, known.getCode());
  }

  /** Its types know the answer of the least status alone, 200, which is that to many engines. */
  private static Engine create(NewEngine engine) throws Exception {
    try (Response response = api.createEngine(new NewEngineOrMany(engine)).buildCall(null).execute()) {
      expect(201, response.code());
      return Engine.fromJson(response.body().string());
    }
  }

  private interface Request {
    void send() throws ApiException;
  }

  /** It throws what is not a success, a 304 too. */
  private static ApiException failureOf(Request request) {
    try {
      request.send();
    } catch (ApiException failure) {
      return failure;
    }
    throw new AssertionError("It has not failed.");
  }

  private static void expect(Object expected, Object found) {
    if (!Objects.equals(expected, found)) throw new AssertionError("Expected " + expected + ", found " + found + ".");
  }
}
