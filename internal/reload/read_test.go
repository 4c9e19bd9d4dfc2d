package reload

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gatefold/engine"
)

// read reads the house's folder; hanging is a failure.
func (h *house) read(l Limits) (engine.Snapshot, error) {
	h.Helper()
	type answer struct {
		s   engine.Snapshot
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		s, err := Read(h.dir, l)
		answers <- answer{s, err}
	}()
	select {
	case a := <-answers:
		return a.s, a.err
	case <-time.After(deadline):
		h.Fatal("Read hangs")
		return nil, nil
	}
}

func TestReadTakesWhatRulesNeed(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{
		"home.star", "10-party.star", "home_test.star", "_shared.star", "lib/names.star", "nested/deep/er.star",
		".home.star.swp", "home.star~", "#home.star#", ".#home.star", "4913", ".git/x.star", ".hidden.star", "old~/x.star", "home.timeline", "README.md",
	} {
		h.write("rules/"+name, name)
	}
	h.write("elsewhere/linked/folder.star", "linked folder")
	h.write("elsewhere/real", "linked file")
	h.link("../elsewhere/linked", "rules/linked")
	h.link("../elsewhere/linked", "rules/again") // the first in name order is read
	h.link("..", "rules/nested/up")              // a loop
	h.link("../elsewhere/real", "rules/file.star")
	s, err := h.read(Limits{})
	h.must(err)
	want := content{"file.star": "linked file", "again/folder.star": "linked folder"}
	for _, name := range []string{"home.star", "10-party.star", "home_test.star", "_shared.star", "lib/names.star", "nested/deep/er.star"} {
		want[name] = name
	}
	if d := cmp.Diff(want, contentOf(s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for i, f := range s {
		if f.Err != nil || f.Lib {
			t.Errorf("%s: %+v", f.Path, f)
		}
		if i > 0 && s[i-1].Path >= f.Path {
			t.Errorf("%s comes after %s", f.Path, s[i-1].Path)
		}
	}
}

// Each of these spoils its own file and no other.
func TestReadSaysWhatItCannotTake(t *testing.T) {
	for name, c := range map[string]struct {
		make func(h *house, path string)
		want string
	}{
		"a folder":     {func(h *house, p string) { h.must(os.Mkdir(p, 0o755)) }, "it is a folder, not a file"},
		"a linked one": {func(h *house, p string) { h.must(os.Symlink(h.top, p)) }, "it is a folder, not a file"},
		"a pipe":       {func(h *house, p string) { h.must(syscall.Mkfifo(p, 0o644)) }, "it is a named pipe, not a file"},
		"a device":     {func(h *house, p string) { h.must(os.Symlink("/dev/zero", p)) }, "it is a device, not a file"},
		"a dead link":  {func(h *house, p string) { h.must(os.Symlink("nothing", p)) }, "it is a link to a file that does not exist"},
		"a loop":       {func(h *house, p string) { h.must(os.Symlink("bad.star", p)) }, "too many levels of symbolic links"},
		"large":        {func(h *house, p string) { h.must(os.WriteFile(p, make([]byte, 256<<10+1), 0o644)) }, "it is larger than 256 KiB"},
		"huge":         {func(h *house, p string) { h.write("rules/bad.star", ""); h.must(os.Truncate(p, 1<<40)) }, "it is larger than 256 KiB"},
		"Latin-1":      {func(h *house, p string) { h.write("rules/bad.star", "a\nÄ = b\xe9\n") }, "line 2, column 6: byte 0xe9 is not UTF-8 (save the file as UTF-8)"},
		"UTF-16":       {func(h *house, p string) { h.write("rules/bad.star", "\xff\xfea\x00") }, "line 1, column 1: byte 0xff is not UTF-8 (save the file as UTF-8)"},
		"group writes": {func(h *house, p string) { h.write("rules/bad.star", ""); h.must(os.Chmod(p, 0o664)) }, "group or others can write this file; mend it with: chmod go-w RULES/bad.star"},
		"others write": {func(h *house, p string) { h.write("rules/bad.star", ""); h.must(os.Chmod(p, 0o602)) }, "group or others can write this file; mend it with: chmod go-w RULES/bad.star"},
		"behind a link": {func(h *house, p string) {
			h.write("x", "")
			h.must(os.Chmod(h.path("x"), 0o666))
			h.link("../x", "rules/bad.star")
		}, "group or others can write this file; mend it with: chmod go-w RULES/bad.star"},
		"a new line off": {func(h *house, p string) { h.write("rules/bad.star", "\r\n\n\"\x80\"") }, "line 3, column 2: byte 0x80 is not UTF-8 (save the file as UTF-8)"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.write("rules/home.star", "fine")
			c.make(h, h.path("rules/bad.star"))
			s, err := h.read(Limits{})
			h.must(err)
			if len(s) != 2 || s[0].Path != "bad.star" || s[0].Err == nil || s[0].Data != nil || string(s[1].Data) != "fine" || s[1].Err != nil {
				t.Fatalf("snapshot: %+v", s)
			}
			if got := strings.ReplaceAll(s[0].Err.Error(), h.dir, "RULES"); !strings.Contains(got, c.want) {
				t.Errorf("error %q, want %q", got, c.want)
			}
			if again, err := h.read(Limits{}); err != nil || again.Hash() != s.Hash() {
				t.Errorf("read again: %v, hash %s and %s", err, again.Hash(), s.Hash())
			}
		})
	}
}

func TestReadStripsTheByteOrderMark(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", "x = 1\n")
	plain := h.readHash()
	h.write("rules/home.star", "\ufeffx = 1\n")
	if s, err := h.read(Limits{}); err != nil || string(s[0].Data) != "x = 1\n" || s.Hash() != plain {
		t.Errorf("%v, %v", s, err)
	}
}

// A folder that others can write taints what is in it; the rules folder, all.
func TestReadRefusesFoldersOthersCanWrite(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", "fine")
	h.write("rules/lib/deep/x.star", "")
	h.must(os.Chmod(h.path("rules/lib"), 0o777))
	s, err := h.read(Limits{})
	h.must(err)
	var writable *WritableError
	if s[0].Err != nil || !errors.As(s[1].Err, &writable) || writable.Command() != "chmod go-w "+h.path("rules/lib") {
		t.Errorf("nested: %+v", s)
	}
	h.must(os.Chmod(h.dir, 0o777))
	s, err = h.read(Limits{})
	if !errors.As(err, &writable) || writable.Path != h.dir || s != nil {
		t.Errorf("the rules folder: %v, %v", s, err)
	}
	if want := "group or others can write the folder " + h.dir + "; mend it with: chmod go-w " + h.dir; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestReadRefusesFolders(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		make   func(h *house)
		want   string // contained in the error
		is     error
	}{
		"missing":     {want: "the rules folder does not exist: RULES", is: ErrNoFolder, make: func(h *house) {}},
		"a dead link": {want: "does not exist", is: ErrNoFolder, make: func(h *house) { h.link("nothing", "rules") }},
		"a file":      {want: "the rules folder RULES is not a folder", make: func(h *house) { h.write("rules", "") }},
		"too many files": {limits: Limits{Files: 2}, want: "rules folder RULES: more than 2 .star files", make: func(h *house) {
			h.write("rules/a.star", "")
			h.write("rules/b.star", "")
			h.write("rules/c/c.star", "")
		}},
		"too many names": {limits: Limits{Names: 3}, want: "rules folder RULES: more than 3 names in it", make: func(h *house) {
			for _, name := range []string{"1.md", "2.md", "sub/3.md", "sub/4.md"} {
				h.write("rules/"+name, "")
			}
		}},
		"too much": {limits: Limits{Total: 2 << 20, File: 1 << 20}, want: "larger than 2 MiB together", make: func(h *house) {
			for i := range 3 {
				h.write(fmt.Sprintf("rules/%d.star", i), strings.Repeat("#", 1<<20-i))
			}
		}},
		"too deep": {want: "1/2/3/4/5/6/7/8/9 lies more than 8 folders deep", make: func(h *house) {
			h.write("rules/1/2/3/4/5/6/7/8/9/x.star", "")
		}},
		"a lost folder of rules": {want: "RULES/lib is a link to a folder that does not exist", make: func(h *house) {
			h.write("rules/home.star", "")
			h.link("../unmounted", "rules/lib")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			c.make(h)
			s, err := h.read(c.limits)
			if err == nil || s != nil {
				t.Fatalf("taken: %v, %v", s, err)
			}
			if got := strings.ReplaceAll(err.Error(), h.dir, "RULES"); !strings.Contains(got, c.want) {
				t.Errorf("error %q, want %q", got, c.want)
			}
			var limit *LimitError
			if c.is != nil && !errors.Is(err, c.is) || c.limits != (Limits{}) && !errors.As(err, &limit) {
				t.Errorf("error %v of type %T", err, err)
			}
		})
	}
}

// While a writer replaces two files together, neither torn files nor halves of
// two versions are read.
func TestReadIsConsistent(t *testing.T) {
	h := newHouse(t)
	version := func(n int) {
		v := fmt.Sprintf("v%d", n%2)
		h.write("rules/.."+v+"/a.star", strings.Repeat(v, 20_000))
		h.write("rules/.."+v+"/b.star", strings.Repeat(v, 20_000))
		h.link(".."+v, "rules/..data")
	}
	version(0)
	h.link("..data/a.star", "rules/a.star")
	h.link("..data/b.star", "rules/b.star")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				version(n)
			}
		}
	}()
	for range 200 {
		s, err := Read(h.dir, Limits{})
		if err != nil || len(s) != 2 {
			t.Errorf("%d files, %v", len(s), err)
		} else if string(s[0].Data) != string(s[1].Data) {
			t.Errorf("halves: %.4q (%d bytes) and %.4q (%d bytes)", s[0].Data, len(s[0].Data), s[1].Data, len(s[1].Data))
		}
	}
	close(stop)
	<-stopped
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{
		"/etc/rules/home.star": "/etc/rules/home.star",
		"/a b/x.star":          "'/a b/x.star'",
		"/it's":                `'/it'\''s'`,
		"/$(reboot)":           "'/$(reboot)'",
	} {
		if got := quote(path); got != want {
			t.Errorf("quote(%q) = %s, want %s", path, got, want)
		}
	}
}

// The line of what cannot be read is shown, and columns are those of the file.
func TestEncodingProblem(t *testing.T) {
	var e *EncodingError
	if err := checkUTF8([]byte("x = 1\r\ry = \"caf\xe9\xe9\"\rz\n")); !errors.As(err, &e) {
		t.Fatal(err)
	}
	p := e.Problem()
	p.File = "a.star"
	if got := p.String() + "\n" + p.Excerpt(); got != "a.star:3:9: byte 0xe9 is not UTF-8 (save the file as UTF-8)\n    y = \"caf\ufffd\ufffd\"\n            ^" {
		t.Error(got)
	}
}

var lineEnd = regexp.MustCompile("\r\n|\r|\n")

func FuzzCheckUTF8(f *testing.F) {
	for _, seed := range []string{"", "x = 1\n", "Ä\n\xff", "\xed\xa0\x80", "\xf0\x9f", "\ufffd\n\ufffd\x80"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := checkUTF8(data)
		if (err == nil) != utf8.Valid(data) {
			t.Fatalf("%q: %v", data, err)
		}
		var e *EncodingError
		if errors.As(err, &e) {
			var lines []string
			for rest := string(data); ; {
				end := lineEnd.FindStringIndex(rest)
				if end == nil {
					lines = append(lines, rest)
					break
				}
				lines, rest = append(lines, rest[:end[1]]), rest[end[1]:]
			}
			line := lines[e.Line-1]
			at := 0
			for range e.Column - 1 {
				_, n := utf8.DecodeRuneInString(line[at:])
				at += n
			}
			if before := strings.Join(lines[:e.Line-1], "") + line[:at]; !utf8.ValidString(before) || line[at] != e.Byte {
				t.Fatalf("%q: %v", data, err)
			}
		}
	})
}
