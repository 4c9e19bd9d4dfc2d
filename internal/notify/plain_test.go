package notify

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"hello":                                "hello",
		"*Bob's Laptop* is playing":            "Bob's Laptop is playing",
		"a *b* _c_ `d`, *e*.":                  "a b c d, e.",
		"*_both_*":                             "both",
		"(*x*) \"_y_\"":                        "(x) \"y\"",
		"my_laptop_2 2*3*4 a`b`c":              "my_laptop_2 2*3*4 a`b`c",
		"* not * bold *":                       "* not * bold *",
		"*one\ntwo*":                           "*one\ntwo*",
		"** *** ****":                          "** *** ****",
		"*a *b*":                               "a *b",
		"*open and _no_ end":                   "*open and no end",
		"*Bob*s*":                              "Bob*s",
		"":                                     "(blank)",
		" \n":                                  "(blank)",
		"\u202e\x00":                           "(blank)",
		"a\x1b[2Jb\r\n\u202ec\td\xffe\ufffd":   "a[2Jb\nc de\ufffd",
		"*é* _漢字_ é*x*":                        "é 漢字 é*x*",
		"<!channel> &amp; <https://x.example>": "<!channel> &amp; <https://x.example>",
	} {
		if got := Plain([]Part{{Text: in}}); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	links := []Part{{Text: "see *"}, {Text: "the *page*", URL: "https://a.example/*x*"}, {Text: "* or "}, {Text: " ", URL: "https://b.example"}, {Text: "\ufffc"}}
	if got, want := Plain(links), "see the *page* (https://a.example/*x*) or https://b.example"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Marks are looked for in one walk, however they are strewn.
func TestPlainIsQuick(t *testing.T) {
	begin := time.Now()
	Plain([]Part{{Text: strings.Repeat(" *a", 500_000)}, {Text: strings.Repeat("_a ", 500_000)}})
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestCut(t *testing.T) {
	for _, x := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "…"}, {"abcde", 4, "a…"}, {"éé", 4, "éé"}, {"ééé", 5, "é…"}, {"ééé", 4, "…"}, {"漢字漢", 8, "漢…"}} {
		if got := cut(x.in, x.n); got != x.want || len(got) > x.n {
			t.Errorf("%q in %d: %q", x.in, x.n, got)
		}
	}
}

// FuzzSend: whatever stands in a message, one request arrives that says it, with the headers that it should have.
func FuzzSend(f *testing.F) {
	f.Add("1/0", "home", "*x*", "https://a.example")
	f.Add("a\r\nX-Evil: 1", "b\r\nX-Evil: 1", "c\r\n\r\nX-Evil: 1", "d\r\nX-Evil: 1")
	f.Add("\xff%é", "é\x00", "\u202e\ufffc", "\ufffc")
	target := newFake(f)
	c := newClock()
	phone, ops := target.ntfy(f, c), target.webhook(f, c)
	f.Fuzz(func(t *testing.T, id, account, text, address string) {
		target.mu.Lock()
		target.all = nil
		target.mu.Unlock()
		m := Message{ID: id, Account: account, Time: c.now, Parts: []Part{{Text: text}, {Text: text, URL: address}}}
		for _, to := range []*Target{phone, ops} {
			if _, err := to.Send(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
		all := target.requests()
		if len(all) != 2 {
			t.Fatalf("%d requests", len(all))
		}
		for _, r := range all {
			if r.header.Get("X-Evil") != "" || len(r.header) > 9 || r.path != topic && !strings.HasPrefix(r.path, topic+"?") {
				t.Fatalf("%s %v", r.path, r.header)
			}
			if !utf8.Valid(r.body) || len(r.body) == 0 {
				t.Fatalf("body %q", r.body)
			}
		}
		if n := len(all[0].body); n > maxNtfy {
			t.Fatalf("%d bytes for ntfy", n)
		}
		var p payload
		if err := json.Unmarshal(all[1].body, &p); err != nil || p.Text == "" || p.Version != 1 || p.Links == nil {
			t.Fatalf("%s: %v", all[1].body, err)
		}
		if got := all[1].header[http.CanonicalHeaderKey("Gatefold-Signature")]; len(got) != 1 || got[0] != sign(hush, c.now, all[1].body) {
			t.Fatalf("signed %q", got)
		}
	})
}
