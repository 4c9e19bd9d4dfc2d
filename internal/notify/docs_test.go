package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// received is a request as a receiver gets it.
type received struct {
	Name   string `json:"name"`
	Key    string `json:"key"`
	Header string `json:"header"`
	Body   string `json:"body"`
	Want   bool   `json:"want"`
}

// requestsToJudge are what a webhook really sends, and what others might send instead.
func requestsToJudge(t *testing.T) []received {
	t.Helper()
	f, c := newFake(t), newClock()
	c.now = time.Now()
	odd := message()
	odd.Parts = append(odd.Parts, Part{Text: "é\u2028\"\\</script> 漢字"})
	for _, m := range []Message{message(), odd} {
		if _, err := f.webhook(t, c).Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	c.now = time.Now().Add(-301 * time.Second)
	_, _ = f.webhook(t, c).Send(context.Background(), message())
	c.now = time.Now().Add(400 * time.Second)
	_, _ = f.webhook(t, c).Send(context.Background(), message())
	sent := f.requests()
	header := func(i int) string { return sent[i].header.Get("Gatefold-Signature") }
	body := func(i int) string { return string(sent[i].body) }
	return []received{
		{"as it was sent", hush, header(0), body(0), true},
		{"odd letters", hush, header(1), body(1), true},
		{"a later field", hush, header(0) + ",v2=abc", body(0), true},
		{"six minutes old", hush, header(2), body(2), false},
		{"of the future", hush, header(3), body(3), false},
		{"another body", hush, header(0), body(1), false},
		{"one space more", hush, header(0), body(0) + " ", false},
		{"another key", hush + "x", header(0), body(0), false},
		{"a newer time stamp", hush, regexp.MustCompile(`t=\d+`).ReplaceAllString(header(2), "t="+header(0)[2:12]), body(2), false},
		{"no header", hush, "", body(0), false},
		{"no signature", hush, header(0)[:12], body(0), false},
		{"an empty signature", hush, header(0)[:12] + ",v1=", body(0), false},
		{"half of it", hush, header(0)[:40], body(0), false},
		{"no time", hush, "t=," + header(0)[13:], body(0), false},
		{"a huge time", hush, "t=" + strings.Repeat("9", 5000) + "," + header(0)[13:], body(0), false},
		{"not ASCII", hush, "t=²,v1=é", body(0), false},
	}
}

// snippet is the only block of a language on the page.
func snippet(t *testing.T, lang string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile("(?ms)^```"+lang+"\n(.*?)^```$").FindAllSubmatch(page, -1)
	if len(all) != 1 {
		t.Fatalf("%d blocks of %s", len(all), lang)
	}
	return string(all[0][1])
}

// judge has a program read the cases on its standard input and print the names of those that it takes.
func judge(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cases := requestsToJudge(t)
	raw, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	taken := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		taken[strings.TrimSpace(line)] = true
	}
	for _, c := range cases {
		if taken[c.Name] != c.Want {
			t.Errorf("%s: taken %t, want %t", c.Name, taken[c.Name], c.Want)
		}
	}
}

func TestPythonOfThePage(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED: the Python of docs/webhooks.md, because python3 is missing here")
	}
	program := snippet(t, "python") + `
import json, sys
for c in json.load(sys.stdin):
    if genuine(c["key"].encode(), c["header"], c["body"].encode()):
        print(c["name"])
`
	judge(t, exec.Command(python, "-c", program))
}

func TestGoOfThePage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	program := `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	var all []struct{ Name, Key, Header, Body string }
	if err := json.NewDecoder(os.Stdin).Decode(&all); err != nil {
		panic(err)
	}
	for _, c := range all {
		if genuine([]byte(c.Key), c.Header, []byte(c.Body)) {
			fmt.Println(c.Name)
		}
	}
}

` + snippet(t, "go")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	judge(t, exec.Command("go", "run", file))
}

// The example's receiver has the very function that is documented, and so tested.
func TestReceiverOfTheExample(t *testing.T) {
	receiver, err := os.ReadFile("../../examples/notify/receiver.py")
	if err != nil {
		t.Fatal(err)
	}
	_, function, _ := strings.Cut(snippet(t, "python"), "\n\n")
	if !strings.Contains(string(receiver), function) {
		t.Errorf("examples/notify/receiver.py does not have genuine as docs/webhooks.md has it:\n%s", function)
	}
}
