package slack

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestRender(t *testing.T) {
	long := strings.Repeat("x", maxText)
	tests := []struct {
		name  string
		parts []Part
		want  string
	}{
		{"nothing", nil, ""},
		{"markup stays", say("*bold* _it_ `code` ~no~"), "*bold* _it_ `code` ~no~"},
		{"escapes", say("a < b && c > d"), "a &lt; b &amp;&amp; c &gt; d"},
		{"entities are escaped again", say("&lt;!here&gt;"), "&amp;lt;!here&amp;gt;"},
		{"channel ping", say("<!channel> <@U123> <#C1|x> <!subteam^S1> <!date^1^x|y>"),
			"&lt;!channel&gt; &lt;@U123&gt; &lt;#C1|x&gt; &lt;!subteam^S1&gt; &lt;!date^1^x|y&gt;"},
		{"link in text", say("<https://evil.example|home>"), "&lt;https://evil.example|home&gt;"},
		{"plain names stay plain", say("@here @channel #music"), "@here @channel #music"},
		{"controls", say("a\x00b\x1b[31mc\u0085d\x7f\te\r\nf"), "ab[31mcd e\nf"},
		{"bidi", say("a\u202eb\u2066c\u200fd\u061ce"), "abcde"},
		{"a ping behind bidi controls", say("<\u202e!channel\u202c>"), "&lt;!channel&gt;"},
		{"not UTF-8", say("a\xff\xc3b\xe2\x80"), "ab"},
		{"a written replacement character", say("a\ufffdb"), "a\ufffdb"},
		{"emoji", say("👩‍👩‍👧 🎵"), "👩‍👩‍👧 🎵"},
		{"link", []Part{{Text: "see "}, {Text: "this & <that>", URL: "https://example.org/a?b=c&d=e#f"}},
			"see <https://example.org/a?b=c&amp;d=e#f|this &amp; &lt;that&gt;>"},
		{"link without text", []Part{{URL: "http://example.org"}}, "<http://example.org|http://example.org>"},
		{"link with line break", []Part{{Text: "a\nb\n", URL: "http://example.org"}}, "<http://example.org|a b>"},
		{"link that breaks out", []Part{{Text: "x", URL: "https://e.org/|a>b<!channel> c\n\"'`é\u202e"}},
			"<https://e.org/%7Ca%3Eb%3C!channel%3E%20c%0A%22'%60%C3%A9%E2%80%AE|x>"},
		{"encoded once", []Part{{Text: "x", URL: "https://e.org/a%20b"}}, "<https://e.org/a%20b|x>"},
		{"upper case scheme", []Part{{Text: "x", URL: "HTTPS://e.org/"}}, "<HTTPS://e.org/|x>"},
		{"javascript", []Part{{Text: "x", URL: "javascript:alert(1)"}}, "x"},
		{"mail", []Part{{Text: "x", URL: "mailto:a@b.org"}}, "x"},
		{"mention as link", []Part{{Text: "x", URL: "!channel"}}, "x"},
		{"user as link", []Part{{Text: "<x>", URL: "@U123"}}, "&lt;x&gt;"},
		{"no host", []Part{{Text: "x", URL: "https:///path"}}, "x"},
		{"user in front", []Part{{Text: "x", URL: "https://bank.example@evil.example/"}}, "x"},
		{"not a URL", []Part{{Text: "x", URL: "https://e.org/%zz"}}, "x"},
		{"long URL", []Part{{Text: "x", URL: "https://e.org/" + long}}, "x"},
		{"just fits", say(long), long},
		{"one too long", say(long + "y"), long[1:] + "…"},
		{"cut before an entity", say(long[3:] + "&&"), long[3:] + "…"},
		{"entity fits", say(long[5:] + "&"), long[5:] + "&amp;"},
		{"cut on a rune", say(strings.Repeat("é", maxText+1)), strings.Repeat("é", maxText-1) + "…"},
		{"link just fits", []Part{{Text: long[21:]}, {Text: "t", URL: "http://e.org/abcd"}}, long[21:] + "<http://e.org/abcd|t>"},
		{"link does not fit, its text does", []Part{{Text: long[20:]}, {Text: "t", URL: "http://e.org/abcd"}}, long[20:] + "t"},
		{"cut before a link", []Part{{Text: long[21:]}, {Text: "t", URL: "http://e.org/abcd"}, {Text: "more"}}, long[21:] + "…"},
		{"user", []Part{{Text: "by ", User: ""}, {User: "U0ANN"}, {User: "W0ANN", Text: "Ann"}}, "by <@U0ANN><@W0ANN>"},
		{"user that is none", []Part{{User: "!channel", Text: "<Ann>"}, {User: "U1>|x", Text: "b"}, {User: "u0ann"}}, "&lt;Ann&gt;b"},
		{"user that breaks out", []Part{{User: "U0ANN|<!channel>", URL: "https://e.org/", Text: "x"}}, "<https://e.org/|x>"},
		{"user does not fit", []Part{{Text: long[5:]}, {User: "U0ANN"}}, long[5:] + "…"},
		{"endless label", []Part{{Text: long + long, URL: "http://e.org/"}}, long[1:] + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Render(tt.parts)
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			checkRendered(t, got)
		})
	}
}

func TestRenderStopsEarly(t *testing.T) {
	huge := strings.Repeat("<", 8<<20)
	if n := testing.AllocsPerRun(1, func() { Render(say(huge)) }); n > 100 {
		t.Errorf("%v allocations for a text of which %d characters are kept", n, maxText)
	}
}

var (
	ourLink = regexp.MustCompile(`<(?i:https?)://[^<>|\s]+\|[^<>\n]+>`)
	ourUser = regexp.MustCompile(`<@[UW][A-Z0-9]+>`)
	entity  = regexp.MustCompile(`&(amp|lt|gt);`)
)

// checkRendered asserts what holds for every message.
func checkRendered(t *testing.T, s string) {
	t.Helper()
	checkText(t, s, maxText)
}

// checkText asserts what holds for every text that is sent: at most limit characters, and no control sequence but our
// own links and users.
func checkText(t interface{ Fatalf(string, ...any) }, s string, limit int) {
	if !utf8.ValidString(s) {
		t.Fatalf("not UTF-8: %q", s)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		t.Fatalf("%d characters", n)
	}
	if rest := ourUser.ReplaceAllString(ourLink.ReplaceAllString(s, ""), ""); strings.ContainsAny(rest, "<>") {
		t.Fatalf("< or > outside a link: %q", s)
	}
	if rest := entity.ReplaceAllString(s, ""); strings.Contains(rest, "&") {
		t.Fatalf("bare &: %q", s)
	}
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Fatalf("%U in %q", r, s)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("*Bob's <Laptop>*", "who & why", "https://example.org/?a=b&c=d", 1)
	f.Add("<!channel> &lt;", "<@U1>", "javascript:x", 1000)
	f.Add("\xff\u202e\x00", "", "http://e.org/|>", 500)
	f.Add("é…&", "|", "http://[::1]:80/<", 3890)
	f.Fuzz(func(t *testing.T, text, label, link string, repeat int) {
		repeat = min(max(repeat, 0), 4000)
		parts := []Part{
			{Text: strings.Repeat(text, repeat%97)}, {Text: label, URL: link},
			{Text: strings.Repeat("x", repeat)}, {Text: label, URL: link}, {Text: text},
		}
		got := Render(parts)
		checkRendered(t, got)
		checkText(t, render(parts, writer{max: maxNote, oneLine: true}), maxNote)
		if link == "" && strings.ContainsAny(got, "<>") {
			t.Fatalf("a link that nobody made: %q", got)
		}
	})
}
