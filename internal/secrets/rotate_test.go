package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

var errCrash = errors.New("crashed here")

// crash ends a change before its nth step; -1: never.
type crash struct{ left int }

func crashAt(n int) *crash { return &crash{n} }

func (c *crash) step(what string) error {
	if c.left == 0 {
		return fmt.Errorf("%w: %s", errCrash, what)
	}
	c.left--
	return nil
}

func keysIn(t *testing.T, p site) int {
	t.Helper()
	return strings.Count(readFile(t, p.key), "AGE-SECRET-KEY-1")
}

func TestRotate(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.options())
	put(t, s, tokenName, token)
	put(t, s, "JOURNAL_KEY", "journal")
	oldKey, oldFile := readFile(t, p.key), readFile(t, p.file(tokenName))
	report, err := s.Rotate(t.Context())
	must(t, err)
	if report.Key != p.key || !slices.Equal(report.Names, []string{"JOURNAL_KEY", tokenName}) || report.Kept != 0 || report.Note != "" {
		t.Errorf("%+v", report)
	}
	wantValue(t, s, tokenName, token)
	wantValue(t, openFile(t, p.options()), "JOURNAL_KEY", "journal")
	if keysIn(t, p) != 1 || readFile(t, p.key) == oldKey || readFile(t, p.file(tokenName)) == oldFile {
		t.Error("the old key is still of use")
	}
	writeFile(t, p.key, oldKey, 0o600)
	_, err = OpenFile(t.Context(), p.options())
	wantError(t, err, WrongKey)
}

// kill -9 at every step of a rotation: everything can be read at once, by a store that is opened anew and by one that
// was open all the time, and a further rotation finishes it.
func TestRotateSurvivesACrashAtEveryStep(t *testing.T) {
	t.Parallel()
	values := map[string]string{tokenName: token, "JOURNAL_KEY": "journal"}
	for _, phrased := range []bool{false, true} {
		for n, done := 0, false; !done; n++ {
			p := newSite(t)
			o, after := p.options(), p.options()
			if phrased {
				o, after = p.phraseOptions(phrase), p.phraseOptions(phrase)
			}
			daemon := openFile(t, o)
			for name, value := range values {
				put(t, daemon, name, value)
			}
			c := crashAt(-1)
			o.step = c.step
			command := openFile(t, o)
			c.left = n
			_, err := command.Rotate(t.Context())
			if done = err == nil; !done && !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			if done && n < 3*(2+len(values)) {
				t.Errorf("only %d steps were tried", n)
			}
			wantSilent(t, err)
			for _, s := range []*File{openFile(t, after), daemon} {
				for name, value := range values {
					wantValue(t, s, name, value)
				}
			}
			put(t, daemon, tokenName, token)
			again := openFile(t, after)
			_, err = again.Rotate(t.Context())
			must(t, err)
			if !phrased && keysIn(t, p) != 1 {
				t.Errorf("step %d: %d keys are left", n, keysIn(t, p))
			}
			for name, value := range values {
				wantValue(t, openFile(t, after), name, value)
			}
			wantNoLeftovers(t, p)
		}
	}
}

func wantNoLeftovers(t *testing.T, p site) {
	t.Helper()
	for _, dir := range []string{p.dir, filepath.Dir(p.key)} {
		if left, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*")); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
}

func TestRotateChangesNothingWhenOneCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.options())
	put(t, s, "A", "a")
	put(t, s, tokenName, token)
	writeFile(t, p.file(tokenName), "garbage", 0o600)
	key, a := readFile(t, p.key), readFile(t, p.file("A"))
	_, err := s.Rotate(t.Context())
	wantError(t, err, Damaged, "nothing was changed", p.file(tokenName))
	if readFile(t, p.key) != key || readFile(t, p.file("A")) != a {
		t.Error("something was changed")
	}
}

func TestRotateGivenUp(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.options())
	put(t, s, "A", "a")
	put(t, s, "B", "b")
	ctx, cancel := context.WithCancel(t.Context())
	s.step = func(what string) error {
		if what == "sync A.age" {
			cancel()
		}
		return nil
	}
	if _, err := s.Rotate(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "rotate again") {
		t.Error(err)
	}
	wantValue(t, s, "B", "b")
	wantValue(t, openFile(t, p.options()), "A", "a")
	_, err := s.Rotate(t.Context())
	must(t, err)
	if keysIn(t, p) != 1 {
		t.Errorf("%d keys", keysIn(t, p))
	}
}

func TestRotateSystemdsKey(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	o := p.options()
	o.CredentialsDir = filepath.Join(filepath.Dir(p.data), "credentials")
	credential := filepath.Join(o.CredentialsDir, CredentialName)
	id := func() string {
		id, err := age.GenerateX25519Identity()
		must(t, err)
		return id.String() + "\n"
	}
	first, second := id(), id()
	writeFile(t, credential, first, 0o600)
	s := openFile(t, o)
	put(t, s, tokenName, token)
	report, err := s.Rotate(t.Context())
	must(t, err)
	if report.Kept != 0 || !strings.Contains(report.Note, "the only one") {
		t.Errorf("%+v", report)
	}
	writeFile(t, credential, second+first, 0o600)
	report, err = s.Rotate(t.Context())
	must(t, err)
	if report.Key != credential || report.Kept != 1 || !strings.Contains(report.Note, "take the other 1 out") || len(report.Names) != 1 {
		t.Errorf("%+v", report)
	}
	if readFile(t, credential) != second+first {
		t.Error("the credential was written to")
	}
	writeFile(t, credential, second, 0o600)
	wantValue(t, openFile(t, o), tokenName, token)
}

// One key for two data folders, as a user's is: rotating for one does not lock the other out.
func TestRotateAKeyThatAnotherFolderNeeds(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	q := p
	q.data = p.data + "-too"
	q.dir = filepath.Join(q.data, "secrets")
	a, b := openFile(t, p.options()), openFile(t, q.options())
	put(t, a, tokenName, token)
	put(t, b, tokenName, "other")
	before := readFile(t, p.key)
	report, err := a.Rotate(t.Context())
	must(t, err)
	if report.Kept != 1 || !strings.Contains(report.Note, q.dir) {
		t.Errorf("%+v", report)
	}
	wantValue(t, b, tokenName, "other")
	wantValue(t, openFile(t, q.options()), tokenName, "other")
	_, err = b.Rotate(t.Context())
	must(t, err)
	for _, line := range strings.Split(before, "\n") {
		if strings.HasPrefix(line, "AGE-SECRET-KEY-1") && strings.Contains(readFile(t, p.key), line) {
			t.Error("the first key is still there after both were rotated")
		}
	}
	wantValue(t, openFile(t, p.options()), tokenName, token)
}

// A rotation while the other folder's disk was not mounted dropped the key that its secrets need.
func TestRotateWhileTheOtherFolderIsAway(t *testing.T) {
	t.Parallel()
	away := map[string]func(t *testing.T, q site){
		"its disk is not mounted": func(t *testing.T, q site) { must(t, os.Rename(q.data, q.data+".away")) },
		"its mount point is there": func(t *testing.T, q site) {
			must(t, os.Rename(q.data, q.data+".away"))
			must(t, os.MkdirAll(q.dir, 0o700))
		},
	}
	for name, take := range away {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSite(t)
			q := p
			q.data = p.data + "-on-usb"
			q.dir = filepath.Join(q.data, "secrets")
			a, b := openFile(t, p.options()), openFile(t, q.options())
			put(t, a, tokenName, token)
			put(t, b, tokenName, "other")
			take(t, q)
			for kept := 1; kept <= 2; kept++ { // a second rotation must not forget it either
				report, err := a.Rotate(t.Context())
				must(t, err)
				if report.Kept != kept || !strings.Contains(report.Note, q.dir) || !strings.Contains(report.Note, `"# opens: `+q.dir+`" out of `+p.key) {
					t.Errorf("%+v", report)
				}
			}
			must(t, os.RemoveAll(q.data))
			must(t, os.Rename(q.data+".away", q.data))
			wantValue(t, openFile(t, q.options()), tokenName, "other")
			wantValue(t, b, tokenName, "other")
			wantValue(t, openFile(t, p.options()), tokenName, token)
		})
	}
}

// What the note says about a folder that is gone for good works.
func TestRotateAfterAFolderWasTakenOut(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	q := p
	q.data = p.data + "-too "
	q.dir = filepath.Join(q.data, "secrets ")
	a := openFile(t, p.options())
	put(t, a, tokenName, token)
	put(t, openFile(t, q.options()), tokenName, "other")
	openFile(t, q.options())
	if strings.Count(readFile(t, p.key), q.dir) != 1 {
		t.Error("it is not named once")
	}
	must(t, os.RemoveAll(q.data))
	_, err := a.Rotate(t.Context())
	must(t, err)
	line := opensMark + q.dir + "\n"
	text := readFile(t, p.key)
	if keysIn(t, p) != 2 || !strings.Contains(text, line) {
		t.Error("it was let go of without being told to")
	}
	writeFile(t, p.key, strings.Replace(text, line, "", 1), 0o600)
	report, err := a.Rotate(t.Context())
	must(t, err)
	if keysIn(t, p) != 1 || strings.Contains(readFile(t, p.key), q.dir) || report.Note != "" || report.Kept != 0 {
		t.Errorf("it is remembered: %+v", report)
	}
	wantValue(t, openFile(t, p.options()), tokenName, token)
}

// What a person wrote into the key file stays when our folder is added to it.
func TestKeyFileOfAPerson(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	id, err := age.GenerateX25519Identity()
	must(t, err)
	text := "# from age-keygen\r\n" + id.String()
	writeFile(t, p.key, text, 0o600)
	put(t, openFile(t, p.options()), tokenName, token)
	if got := readFile(t, p.key); !strings.HasPrefix(got, text+"\n") || strings.Count(got, opensMark+p.dir) != 1 {
		t.Error("the key file was rewritten, or does not name the folder once")
	}
	wantValue(t, openFile(t, p.options()), tokenName, token)
}
