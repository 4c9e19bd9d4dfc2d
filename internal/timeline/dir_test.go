package timeline

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

func TestRunDir(t *testing.T) {
	dir := t.TempDir()
	files := engine.Snapshot{
		{Path: "home.star", Data: []byte("def on_playback(now):\n    blink1.set('red')\n")},
		{Path: "late.star", Data: []byte("def on_playback(now):\n    blink1.set('blue')\n")},
		{Path: "lib/x.star", Data: []byte("X = 1\n")},
	}
	if _, err := RunDir(dir, files, Options{}); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := RunDir(filepath.Join(dir, "gone"), files, Options{}); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a folder that is not there: %v", err)
	}
	seen := 0
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("home.timeline", "at 0s\n\tblink1.set(color=\"#ff0000\")\n")
	write("sub/all.timeline", "at 0s\n\tblink1.set(color=\"#0000ff\")\n")
	write("lib/x.timeline", "at 0s\n\tblink1.set(color=\"#0000ff\")\n")
	write("bad.timeline", "at never\n")
	write("wrong.timeline", "at 0s\n")
	write(".hidden/y.timeline", "at never\n")
	write("home.txt", "at never\n")
	if err := os.Mkdir(filepath.Join(dir, "folder.timeline"), 0o755); err != nil {
		t.Fatal(err)
	}
	outcomes, err := RunDir(dir, files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range outcomes {
		state := "ok"
		switch {
		case o.Err != nil:
			state = o.Err.Error()
		case !o.OK():
			state = "differs"
		}
		got = append(got, o.Path+" "+state)
	}
	want := `bad.timeline bad.timeline:1:4: "never" is no duration: write one like 10s, 1m30s, 2h or 7d
home.timeline ok
lib/x.timeline ok
sub/all.timeline ok
wrong.timeline differs`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
	watched, err := RunDir(dir, files, Options{Observe: func(time.Time, string, engine.Report) { seen++ }}) // one after the other: no race
	if err != nil || seen == 0 {
		t.Fatal(err)
	}
	for i, o := range watched {
		if !reflect.DeepEqual(o.Result.Happenings, outcomes[i].Result.Happenings) {
			t.Errorf("%s comes out otherwise beside others", o.Path)
		}
	}
}

// TestProblems: for editors, each with its place.
func TestProblems(t *testing.T) {
	dir := t.TempDir()
	files := engine.Snapshot{
		{Path: "home.star", Data: []byte("def on_playback(now):\n    blink1.set('red')\n")},
		{Path: "broken.star", Data: []byte("blonk()\n")},
	}
	for name, text := range map[string]string{
		"home.timeline":   "at 0s\n\tblink1.set('blue')\n\t# why\n\tpause(\nat 5s\n",
		"bad.timeline":    "at never\nat 1s nonsense\n",
		"broken.timeline": "at 0s\n",
		"edit.timeline":   "at 0s  edit home.star _gone.star\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outcomes, err := RunDir(dir, files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range outcomes {
		for _, p := range o.Problems() {
			if got = append(got, p.Code+" "+p.String()); strings.HasSuffix(p.File, ".timeline") {
				got = append(got, p.Excerpt())
			}
		}
	}
	want := `timeline-unread bad.timeline:1:4: "never" is no duration: write one like 10s, 1m30s, 2h or 7d
    at never
       ^^^^^
timeline-unread bad.timeline:2:4: a story begins with at 0s
    at 1s nonsense
       ^^
undefined broken.star:1:1: undefined: blonk
undefined broken.star:1:1: undefined: blonk
timeline-missing home.timeline:2:1: this did not happen: blink1.set('blue')
    	blink1.set('blue')
    ^
timeline-missing home.timeline:4:1: this did not happen: pause( (cannot be read: got end of file, want ')')
    	pause(
    ^
timeline-unexpected home.timeline:4:1: this happened as well: blink1.set(color="#ff0000")
    	pause(
    ^`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}
