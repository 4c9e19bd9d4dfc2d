//go:build contract

package contract

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// fixtures is the folder of recorded answers, and of the description, beside the repository.
var fixtures = filepath.Join("..", "..", "..", "shared", "fixtures")

// description is what somebody else wrote down about the Web API. It is safe for concurrent use.
type description struct {
	doc    *openapi3.T
	router routers.Router
}

// describe skips the test without the description, never in silence: CI runs these tests with -v.
func describe(t *testing.T) *description {
	t.Helper()
	d, err := load()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Skipf("NOT CHECKED: there is no description of the Web API in %s", filepath.Join(fixtures, "openapi"))
	case err != nil:
		t.Fatal(err)
	}
	return d
}

var load = sync.OnceValues(func() (*description, error) {
	dir := filepath.Join(fixtures, "openapi")
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil || len(found) != 1 {
		return nil, errors.New("one *.yml is wanted in " + dir)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(found[0])
	if err != nil {
		return nil, err
	}
	// Its examples are for people; some of them do not fit.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, err
	}
	d := &description{doc: doc}
	if err := d.amend(); err != nil {
		return nil, err
	}
	d.router, err = gorillamux.NewRouter(doc)
	return d, err
})

// amend says two things about the player more exactly than the description does, so that more of an answer is checked.
func (d *description) amend() error {
	player := d.doc.Components.Schemas["CurrentlyPlayingContextObject"].Value.Properties
	// Its words are that an item's type tells what it is, but not which type means which schema; of a track that is
	// wrong it could not be said what is.
	item := player["item"].Value
	if item.Discriminator == nil || item.Discriminator.Mapping != nil || len(item.OneOf) != 2 {
		return errors.New("an item of the player is described in another way now")
	}
	item.Discriminator.Mapping = map[string]openapi3.MappingRef{
		"track": {Ref: "#/components/schemas/TrackObject"}, "episode": {Ref: "#/components/schemas/EpisodeObject"},
	}
	for _, s := range item.OneOf {
		if !strings.HasSuffix(s.Ref, "/TrackObject") && !strings.HasSuffix(s.Ref, "/EpisodeObject") {
			return errors.New("an item of the player can be something else now: " + s.Ref)
		}
	}
	// Every recorded answer has what is not allowed one level lower, under actions.disallows.
	flat := player["actions"]
	if flat == nil || flat.Value.Properties["disallows"] != nil {
		return errors.New("the actions of the player are described as they are now")
	}
	player["actions"] = openapi3.NewObjectSchema().WithPropertyRef("disallows", flat).NewRef()
	return nil
}

// find gives the operation of a request; its name is "PUT /me/player".
func (d *description) find(req *http.Request) (name string, route *routers.Route, path map[string]string, err error) {
	route, path, err = d.router.FindRoute(req)
	if err != nil {
		return req.Method + " " + req.URL.Path, nil, nil, err
	}
	return req.Method + " " + route.Path, route, path, nil
}

// tokens is the code flow of the accounts service, which has no paths in the description.
func (d *description) tokens() *openapi3.OAuthFlow {
	return d.doc.Components.SecuritySchemes["oauth_2_0"].Value.Flows.AuthorizationCode
}
