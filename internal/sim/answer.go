package sim

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// wire is what happens to an answer on its way.
type wire int

const (
	intact    wire = iota
	reset          // the connection is dropped before anything is said
	hang           // nothing is said until the asker gives up
	truncated      // half of the body, then the connection ends
	stall          // half of the body, then nothing until the asker gives up
)

// answer is one response, worked out under the lock and written outside it.
type answer struct {
	status int
	header map[string]string
	body   string
	wire   wire
}

// object is a JSON object in the making.
type object = map[string]any

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic("sim: an answer of our own cannot be encoded: " + err.Error())
	}
	return textAnswer(status, string(body))
}

// textAnswer labels the body by its looks.
func textAnswer(status int, body string) answer {
	kind := "text/plain; charset=utf-8"
	switch {
	case strings.HasPrefix(body, "{"):
		kind = "application/json; charset=utf-8"
	case strings.HasPrefix(body, "<"):
		kind = "text/html; charset=utf-8"
	}
	return answer{status: status, body: body, header: map[string]string{"Content-Type": kind}}
}

// with is the answer with one header more.
func (a answer) with(key, value string) answer {
	header := map[string]string{key: value}
	for k, v := range a.header {
		if k != key {
			header[k] = v
		}
	}
	a.header = header
	return a
}

// seen is the status that the asker gets to see: none if the answer never arrives.
func (a answer) seen() int {
	if a.wire == reset || a.wire == hang {
		return 0
	}
	return a.status
}

// write sends the answer, dated by the simulated clock, and misbehaves as told.
func (a answer) write(w http.ResponseWriter, r *http.Request, now time.Time) {
	switch a.wire {
	case hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case reset:
		dropConnection(w)
		return
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	// Declaring more than is sent makes the server drop the connection, and the client see an unexpected EOF.
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	sent := a.body
	if a.wire == truncated || a.wire == stall {
		sent = sent[:len(sent)/2]
	}
	_, _ = io.WriteString(w, sent) // an asker who has gone away is not our fault
	if a.wire == stall {
		stallBody(w, r)
	}
}

// dropConnection makes the peer see a reset rather than a polite end.
func dropConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// stallBody leaves the asker waiting for the rest of a body. In memory the body itself waits.
func stallBody(w http.ResponseWriter, r *http.Request) {
	if m, ok := w.(*exchange); ok {
		m.stalled = true
		return
	}
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// wholeSeconds is a wait as Retry-After says it: rounded up, at least one.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
