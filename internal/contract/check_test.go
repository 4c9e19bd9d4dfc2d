//go:build contract

package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// finding is one thing that does not fit the description.
type finding struct {
	op   string // "PUT /me/player"
	part string // "request", or "answer 200"
	at   string // "/item/album/id", "query limit", or ""
	says string
}

func (f finding) String() string {
	return strings.Join(slices.DeleteFunc([]string{f.op, f.part, f.at, f.says}, func(s string) bool { return s == "" }), ": ")
}

// exchange is a request with what was answered.
type exchange struct {
	req    *http.Request
	sent   []byte
	status int
	header http.Header
	got    []byte
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			if token, ok := strings.CutPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer "); !ok || token == "" {
				return errors.New("there is no bearer token")
			}
			return nil
		},
	}
}

// check holds an exchange against the description. Without a status only the request is held.
func (d *description) check(x exchange) (op string, all []finding) {
	op, route, path, err := d.find(x.req)
	if err != nil {
		return op, []finding{{op, "request", "", err.Error()}}
	}
	req := x.req.Clone(x.req.Context())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(x.sent)), int64(len(x.sent))
	input := &openapi3filter.RequestValidationInput{Request: req, PathParams: path, Route: route, Options: options()}
	add := func(part string, found []finding) {
		for _, f := range found {
			f.op, f.part = op, part
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	add("request", flatten(openapi3filter.ValidateRequest(req.Context(), input), ""))
	add("request", strict(route.Operation, x))
	if x.status != 0 {
		out := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: x.status, Header: x.header, Options: options(),
		}
		out.SetBodyBytes(x.got)
		add(fmt.Sprintf("answer %d", x.status), flatten(openapi3filter.ValidateResponse(req.Context(), out), ""))
		add(fmt.Sprintf("answer %d", x.status), strangersInAnswer(route, x))
	}
	return op, all
}

// strict says what OpenAPI lets pass: a parameter that does not exist, a body that is not there, a key in it that means
// nothing.
func strict(op *openapi3.Operation, x exchange) (all []finding) {
	for name := range x.req.URL.Query() {
		if op.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			all = append(all, finding{at: "query " + name, says: "there is no such parameter"})
		}
	}
	if op.RequestBody == nil {
		return all
	}
	if len(x.sent) == 0 {
		return append(all, finding{at: "body", says: "there is none"})
	}
	if media := op.RequestBody.Value.Content.Get(x.req.Header.Get("Content-Type")); media != nil {
		all = append(all, strangers(media.Schema.Value, x.sent)...)
	}
	return all
}

func strangersInAnswer(route *routers.Route, x exchange) []finding {
	answer := route.Operation.Responses.Status(x.status)
	if answer == nil {
		return nil
	}
	media := answer.Value.Content.Get(x.header.Get("Content-Type"))
	if media == nil {
		return nil
	}
	return strangers(media.Schema.Value, x.got)
}

// flatten gives the innermost reasons of an error of kin-openapi.
func flatten(err error, at string) (all []finding) {
	var many openapi3.MultiError
	var request *openapi3filter.RequestError
	var answer *openapi3filter.ResponseError
	var schema *openapi3.SchemaError
	switch {
	case err == nil:
		return nil
	case as(err, &many):
		for _, e := range many {
			all = append(all, flatten(e, at)...)
		}
		return all
	case as(err, &request):
		if request.Parameter != nil {
			at = request.Parameter.In + " " + request.Parameter.Name
		}
		if errors.As(request.Err, &schema) {
			return flatten(request.Err, at)
		}
	case as(err, &answer):
		if errors.As(answer.Err, &schema) {
			return flatten(answer.Err, at)
		}
	case as(err, &schema):
		if errors.As(schema.Origin, &many) {
			return flatten(many, at)
		}
		return []finding{{at: at + pointer(schema.JSONPointer()), says: schema.Reason}}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return []finding{{at: at, says: first}}
}

// as is errors.As for the outermost error alone.
func as[E error](err error, to *E) bool {
	e, ok := err.(E)
	if ok {
		*to = e
	}
	return ok
}

func pointer(keys []string) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString("/" + k)
	}
	return b.String()
}
