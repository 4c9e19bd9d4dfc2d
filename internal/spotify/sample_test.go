package spotify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSample(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"device":{"name":"Bob's Laptop","id":"21dac6","type":"Computer","volume_percent":40,"is_active":true,"x":null}}`,
			`{"device":{"name":"xxx'x xxxxxx","id":"11xxx1","type":"xxxxxxxx","volume_percent":10,"is_active":true,"x":null}}`},
		{`{"uri" : "spotify:track:4mjR" , "email":"bob@example.com","timestamp":1700000000123,"n":-1.5e+3,"f":false}`,
			`{"uri" : "xxxxxxx:xxxxx:1xxx" , "email":"xxx@xxxxxxx.xxx","timestamp":1100000000111,"n":-1.1e+1,"f":false}`},
		{`{"bob@example.com":1,"4mjR":2,"Kitchen":3,"":4}`, `{"xxx@xxxxxxx.xxx":1,"1xxx":1,"xxxxxxx":1,"":1}`},
		{`{"name":"a\"b\\c\u00e9\n\/Ü€😀"}`, `{"name":"x\"x\\x\u0078\n\/xxx"}`},
		{`["a","b":"c"]`, `["x","b":"x"]`},
		{`{"name":"Bob's La`, `{"name":"xxx'x xx`},
		{`{"name":"Bob\`, `{"name":"xxx\`},
		{`{"name":"Bob\u00`, `{"name":"xxx\u00`},
		{`{"name":"Bob\q"}`, `{"name":"xxx\x"}`},
		{"<html>Bob's 1 Laptop</html>", "<xxxx>xxx'x 1 xxxxxx</xxxx>"},
		{"oPClBVDz-12", "xxxxxxxx-11"},
		{"\x1b[31m\x00\xff\r\n", "?[11x?x\r\n"},
		{"", ""},
	} {
		if got := string(sample([]byte(c.body))); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
	if got := sample([]byte(`{"name":"` + strings.Repeat("ü", 9000) + `"}`)); len(got) != mostSample {
		t.Error(len(got))
	}
}

// Whatever could not be understood leaves a sample, once, without names and without the token.
func TestMalformedLeavesASample(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		call   int // of calls
		want   string
	}{
		{"no player", 200, `{"devices":[{"name":"Bob"}]}`, 0, `GET /me/player {"devices":[{"name":"xxx"}]}`},
		{"no devices", 200, `{"device":"Bob"}`, 1, `GET /me/player/devices {"device":"xxx"}`},
		{"no plays", 200, `{"item":"Blue Train"}`, 2, `GET /me/player/recently-played {"item":"xxxx xxxxx"}`},
		{"no user", 200, `{"name":"Bob"}`, 7, `GET /me {"name":"xxx"}`},
		{"another 2xx", 202, `{"name":"Bob"}`, 0, `GET /me/player {"name":"xxx"}`},
		{"a 4xx", 400, `{"error":{"message":"Bob"}}`, 3, `PUT /me/player/pause {"error":{"message":"xxx"}}`},
		{"with a token", 200, `{"echo":"Bearer access-1"}`, 0, `GET /me/player {"echo":"xxxxxx xx…"}`},
		{"understood", 200, `{` + aDevice + `,"is_playing":true}`, 0, ""},
		{"no answer to it", 204, "", 0, ""},
		{"empty", 200, "", 0, ""},
		{"refused", 403, `{"error":{"message":"Bob"}}`, 0, ""},
		{"broken", 500, `{"name":"Bob"}`, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, say(c.status, c.body))
			var got []string
			w.malformed = func(op string, sample []byte) { got = append(got, op+" "+string(sample)) }
			err := calls[c.call].call(t.Context(), w.Client)
			if c.want == "" {
				if len(got) != 0 {
					t.Error(got, err)
				}
				return
			}
			want := strings.ReplaceAll(c.want, "xx…", string(sample([]byte(redacted))))
			if len(got) != 1 || got[0] != want || strings.Contains(got[0], "access-1") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Malformed {
				t.Error(err)
			}
		})
	}
}

// FuzzSample: bounded ASCII without control characters and letters that were not keys; and
// JSON stays JSON.
func FuzzSample(f *testing.F) {
	f.Add([]byte(`{"device":{"name":"Bob's \u00e9 \"Laptop\"","volume":1.5e3},"x":[true,null,-0]}`))
	f.Add([]byte("{\"a\\\":\"b\" : \"c\"\x80\\u12"))
	f.Add([]byte("<html>1e5 nullify"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := sample(body)
		if len(got) > mostSample || !utf8.Valid(got) {
			t.Fatalf("%q", got)
		}
		for _, c := range got {
			if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c > '~' {
				t.Fatalf("%q", got)
			}
		}
		if json.Valid(body) && len(got) < mostSample && !json.Valid(got) {
			t.Fatalf("%q\n%q", body, got)
		}
	})
}
