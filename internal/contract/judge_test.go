//go:build contract

package contract

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// judge is a transport that holds all that passes against the description.
type judge struct {
	d       *description
	next    http.RoundTripper
	excused []exception
	used    map[exception]int
	seen    map[string]int // by operation and status
	report  func(finding)  // what no exception covers
}

// newJudge has still to be told what to judge, and whom to tell.
func newJudge(t *testing.T) *judge {
	t.Helper()
	return &judge{d: describe(t), excused: exceptions(), used: map[exception]int{}, seen: map[string]int{}}
}

func (j *judge) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchange{req: req}
	if req.Body != nil {
		var err error
		if x.sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(x.sent))
	}
	res, err := j.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.got, err = io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(x.got))
	if x.status, x.header = res.StatusCode, res.Header; j.isToken(req) {
		return res, nil
	}
	j.hold(x)
	return res, nil
}

// isToken tells the one address outside the API's paths that a client uses: where tokens come from.
func (j *judge) isToken(req *http.Request) bool {
	return req.Method == http.MethodPost && req.URL.String() == j.d.tokens().TokenURL
}

func (j *judge) hold(x exchange) {
	op, found := j.d.check(x)
	j.seen[fmt.Sprintf("%s %d", op, x.status)]++
	for _, f := range found {
		if i := slices.IndexFunc(j.excused, func(e exception) bool { return e.covers(f) }); i >= 0 {
			j.used[j.excused[i]]++
		} else {
			j.report(f)
		}
	}
}

// unused are the exceptions that nothing needed.
func (j *judge) unused() []exception {
	return slices.DeleteFunc(slices.Clone(j.excused), func(e exception) bool { return j.used[e] > 0 })
}

// summary is what was held against the description, for people.
func (j *judge) summary() string {
	var b strings.Builder
	for _, s := range slices.Sorted(maps.Keys(j.seen)) {
		fmt.Fprintf(&b, "\n%4d %s", j.seen[s], s)
	}
	return b.String()
}
