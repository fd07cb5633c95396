package main

import (
	"context"
	"engines/generated"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"
)

var background = context.Background()

func expect(holds bool, found any) {
	if !holds {
		log.Panicf("found %+v", found)
	}
}

func create(client *generated.ClientWithResponses, engine generated.NewEngine) *generated.CreateEngineResponse {
	var body generated.NewEngineOrMany
	expect(body.FromNewEngine(engine) == nil, engine)
	answer, err := client.CreateEngineWithResponse(background, nil, body)
	expect(err == nil, err)
	return answer
}

func main() {
	client, err := generated.NewClientWithResponses(os.Args[1])
	expect(err == nil, err)

	fired := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	thrust := int32(1)
	lastFired := nullable.NewNullableWithValue(fired)
	created := create(client, generated.NewEngine{Title: "a,b", Thrust: &thrust, LastFired: lastFired}).JSON201
	expect(created != nil && created.LastFired.MustGet().Equal(fired), created)
	for _, title := range []string{"c", "a", "b", "a,b,c"} {
		expect(create(client, generated.NewEngine{Title: title}).JSON201 != nil, title)
	}

	titles := []string{"a,b", "c"}
	listed, err := client.ListEnginesWithResponse(background, &generated.ListEnginesParams{TitleIn: &titles})
	expect(err == nil && listed.JSON200 != nil, err)
	found := []string{}
	for _, engine := range *listed.JSON200 {
		found = append(found, *engine.Title)
	}
	expect(slices.Equal(found, titles), found)

	thrust = 981
	patch := generated.EnginePatch{Thrust: &thrust, LastFired: nullable.NewNullNullable[time.Time]()}
	patched, err := client.PatchEngineWithApplicationMergePatchPlusJSONBodyWithResponse(background, *created.Id, nil, patch)
	expect(err == nil && patched.JSON200 != nil, err)
	expect(patched.JSON200.Thrust == 981 && patched.JSON200.LastFired.IsNull(), patched.JSON200)

	problem := create(client, generated.NewEngine{Title: ""}).ApplicationproblemJSON422
	expect(problem != nil && problem.Errors != nil, problem)
	pointer := *(*problem.Errors)[0].Pointer
	expect(pointer == "/title", pointer)

	read, err := client.ReadEngineWithResponse(background, *created.Id, nil)
	expect(err == nil && read.JSON200 != nil && read.JSON200.Thrust == 981, err)
	tag := read.HTTPResponse.Header.Get("ETag")
	known, err := client.ReadEngineWithResponse(background, *created.Id, &generated.ReadEngineParams{IfNoneMatch: &tag})
	expect(err == nil && known.StatusCode() == 304, err)
	fmt.Printf("listed %s; thrust %d; problem %d at %s; known %d\n", strings.Join(found, " and "), patched.JSON200.Thrust,
		problem.Status, pointer, known.StatusCode())
}
