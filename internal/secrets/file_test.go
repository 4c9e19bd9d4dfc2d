package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
)

func TestFirstUseMakesTheKeyOnce(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	o := p.options()
	var told []string
	o.Created = func(path string) { told = append(told, path) }
	put(t, openFile(t, o), tokenName, token)
	key := readFile(t, p.key)
	wantValue(t, openFile(t, o), tokenName, token)
	if len(told) != 1 || told[0] != p.key || readFile(t, p.key) != key {
		t.Errorf("told %v; the key must be made once", told)
	}
	for path, want := range map[string]os.FileMode{p.dir: 0o700, p.key: 0o600, p.file(tokenName): 0o600, filepath.Dir(p.key): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
	}
	if strings.Contains(readFile(t, p.file(tokenName)), token) {
		t.Error("the value is in the file as it is")
	}
}

// Other tools read the files: age -d -i key SLACK_BOT_TOKEN.age.
func TestFilesAreThoseOfAge(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	put(t, openFile(t, p.options()), tokenName, token)
	ids, err := age.ParseIdentities(strings.NewReader(readFile(t, p.key)))
	must(t, err)
	r, err := age.Decrypt(strings.NewReader(readFile(t, p.file(tokenName))), ids...)
	must(t, err)
	var text bytes.Buffer
	_, err = text.ReadFrom(r)
	must(t, err)
	if !strings.HasSuffix(text.String(), tokenName+"\n"+token) {
		t.Error("something else is inside")
	}
}

// No error makes a new store over an old one: in each case the files stay as they are, and mending helps.
func TestDamage(t *testing.T) {
	t.Parallel()
	other := func(t *testing.T, p site) string {
		id, err := age.GenerateX25519Identity()
		must(t, err)
		return id.String() + "\n"
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, p site)
		kind  Kind
		words []string // "KEY" and "FILE" stand for the paths
		get   bool     // the store opens and Get fails
	}{
		{"key missing", func(t *testing.T, p site) { must(t, os.Remove(p.key)) }, MissingKey,
			[]string{"KEY: is missing", "holds 2 secrets that only it opens", "restore it"}, false},
		{"key folder missing", func(t *testing.T, p site) { must(t, os.RemoveAll(filepath.Dir(p.key))) }, MissingKey, []string{"KEY"}, false},
		{"another key", func(t *testing.T, p site) { writeFile(t, p.key, other(t, p), 0o600) }, WrongKey, []string{"DIR", "restore the key"}, false},
		{"empty key", func(t *testing.T, p site) { writeFile(t, p.key, "", 0o600) }, Damaged, []string{"KEY", "holds no key"}, false},
		{"half a key", func(t *testing.T, p site) {
			text := readFile(t, p.key)
			writeFile(t, p.key, text[:len(text)-5], 0o600)
		}, Damaged, []string{"KEY", "line 4"}, false},
		{"key for all", func(t *testing.T, p site) { must(t, os.Chmod(p.key, 0o644)) }, Permission, []string{"KEY", "mode 0644", "chmod 600 "}, false},
		{"key for the group", func(t *testing.T, p site) { must(t, os.Chmod(p.key, 0o640)) }, Permission, []string{"chmod 600 "}, false},
		{"key is a folder", func(t *testing.T, p site) {
			must(t, os.Remove(p.key))
			must(t, os.Mkdir(p.key, 0o700))
		}, Conflict, []string{"KEY"}, false},
		{"folder for all", func(t *testing.T, p site) { must(t, os.Chmod(p.dir, 0o755)) }, Permission, []string{"DIR", "mode 0755", "chmod 700 "}, false},
		{"file for all", func(t *testing.T, p site) { must(t, os.Chmod(p.file(tokenName), 0o644)) }, Permission, []string{"FILE", "chmod 600 "}, true},
		{"file empty", func(t *testing.T, p site) { writeFile(t, p.file(tokenName), "", 0o600) }, Damaged, []string{"FILE", "rm "}, true},
		{"file too large", func(t *testing.T, p site) { writeFile(t, p.file(tokenName), strings.Repeat("x", 80<<10), 0o600) }, Damaged, []string{"FILE"}, true},
		{"file is a link", func(t *testing.T, p site) {
			must(t, os.Rename(p.file(tokenName), filepath.Join(p.data, "moved")))
			must(t, os.Symlink(filepath.Join(p.data, "moved"), p.file(tokenName)))
		}, Conflict, []string{"FILE", "symbolic link"}, true},
		{"file is a folder", func(t *testing.T, p site) {
			must(t, os.Remove(p.file(tokenName)))
			must(t, os.Mkdir(p.file(tokenName), 0o700))
		}, Conflict, []string{"FILE"}, true},
		{"files swapped", func(t *testing.T, p site) { must(t, os.Rename(p.file("OTHER"), p.file(tokenName))) }, Damaged, []string{"FILE", "another name"}, true},
		{"no file of ours", func(t *testing.T, p site) {
			id, err := age.ParseX25519Identity(strings.TrimSpace(readFile(t, p.key)[strings.Index(readFile(t, p.key), "AGE-SECRET-KEY"):]))
			must(t, err)
			sealed, err := seal([]byte(token), id.Recipient())
			must(t, err)
			writeFile(t, p.file(tokenName), string(sealed), 0o600)
		}, Damaged, []string{"FILE"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newSite(t)
			s := openFile(t, p.options())
			put(t, s, tokenName, token)
			put(t, s, "OTHER", "other")
			test.spoil(t, p)
			words := make([]string, len(test.words))
			for i, w := range test.words {
				words[i] = strings.NewReplacer("KEY", p.key, "FILE", p.file(tokenName), "DIR", p.dir).Replace(w)
			}
			again, err := OpenFile(t.Context(), p.options())
			if test.get && err == nil {
				_, err = again.Get(t.Context(), tokenName)
			}
			wantError(t, err, test.kind, words...)
		})
	}
}

// Whichever byte of a file changes, and wherever it is cut off, it is noticed.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.options())
	put(t, s, tokenName, token)
	whole := readFile(t, p.file(tokenName))
	check := func(what, text string) {
		writeFile(t, p.file(tokenName), text, 0o600)
		_, err := s.Get(t.Context(), tokenName)
		if !errors.Is(err, Damaged) && !errors.Is(err, WrongKey) {
			t.Errorf("%s: %v", what, err)
		}
		wantSilent(t, err)
	}
	for i := range len(whole) {
		changed := []byte(whole)
		changed[i] ^= 1
		check(fmt.Sprintf("byte %d changed", i), string(changed))
		check(fmt.Sprintf("cut off at %d", i), whole[:i])
	}
	check("something behind it", whole+"x")
	put(t, s, tokenName, token) // mends it
	wantValue(t, s, tokenName, token)
}

func TestPutLeavesALinkAlone(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.options())
	target := filepath.Join(p.data, "target")
	writeFile(t, target, "mine", 0o600)
	must(t, os.Symlink(target, p.file(tokenName)))
	wantError(t, s.Put(t.Context(), tokenName, NewValue([]byte(token))), Conflict, p.file(tokenName))
	if readFile(t, target) != "mine" {
		t.Error("the link was followed")
	}
}

func TestKeyFileOutsideTheDataFolder(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	must(t, os.MkdirAll(p.data, 0o700))
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(p.data, link))
	for _, key := range []string{
		filepath.Join(p.dir, "key"), filepath.Join(p.data, "key"), filepath.Join(p.data, "a", "b"), filepath.Join(p.dir, "..", "key"),
		filepath.Join(link, "key"),
	} {
		_, err := OpenFile(t.Context(), FileOptions{Dir: p.dir, KeyFile: key})
		wantError(t, err, Setup, "inside the data folder")
		if !gone(p.dir) {
			t.Error("the folder was made all the same")
		}
	}
	openFile(t, FileOptions{Dir: p.dir, KeyFile: p.data + "-key"})
}

func TestDefaultKeyFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		xdg, home string
		uid       int
		want      string
	}{
		{"/xdg", "/home/pi", 1000, "/xdg/gatefold/key"},
		{"", "/home/pi", 1000, "/home/pi/.config/gatefold/key"},
		{"relative", "/root", 0, "/root/.config/gatefold/key"},
		{"", "", 0, "/etc/gatefold/key"},
		{"", "", 1000, ""},
	} {
		got, err := defaultKeyFile(test.xdg, test.home, test.uid)
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%+v: %s, %v", test, got, err)
		}
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		owner, us int
		want      bool
	}{{1000, 1000, false}, {0, 1000, false}, {1001, 1000, true}, {1000, 0, false}, {0, 0, false}} {
		if foreign(test.owner, test.us) != test.want {
			t.Errorf("%+v", test)
		}
	}
}

func TestLeftoversOfACrash(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	put(t, openFile(t, p.options()), tokenName, token)
	ours := []string{filepath.Join(p.dir, tempPrefix+"X.age-12"), filepath.Join(filepath.Dir(p.key), tempPrefix+"key-34")}
	kept := []string{filepath.Join(filepath.Dir(p.key), tempPrefix+"key-2-34"), filepath.Join(p.dir, "notes.txt"), filepath.Join(p.dir, "lower.age")}
	for _, path := range append(ours, kept...) {
		writeFile(t, path, "x", 0o600)
	}
	s := openFile(t, p.options())
	wantNames(t, s, tokenName)
	for _, path := range ours {
		if !gone(path) {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range kept {
		if gone(path) {
			t.Errorf("%s was removed", path)
		}
	}
}

// A crash at any step of Put leaves the old value or the new one, and the next one works.
func TestPutIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		p := newSite(t)
		put(t, openFile(t, p.options()), tokenName, "old")
		o := p.options()
		crash := crashAt(-1)
		o.step = crash.step
		s := openFile(t, o)
		*crash = *crashAt(n)
		err := s.Put(t.Context(), tokenName, NewValue([]byte("new")))
		again := openFile(t, p.options())
		got, getErr := again.Get(t.Context(), tokenName)
		must(t, getErr)
		if v := string(got.Reveal()); v != "new" && (v != "old" || err == nil) {
			t.Errorf("step %d: Put says %v, and another value is there", n, err)
		}
		put(t, again, tokenName, "newer")
		if err == nil {
			if n < 3 {
				t.Errorf("only %d steps were tried", n)
			}
			return
		}
	}
}

// The same at first use: the key is whole, or not there.
func TestFirstUseAfterACrash(t *testing.T) {
	t.Parallel()
	for _, phrased := range []bool{false, true} {
		for n := 0; ; n++ {
			p := newSite(t)
			o := p.options()
			if phrased {
				o = p.phraseOptions(phrase)
			}
			broken := o
			broken.step = crashAt(n).step
			_, err := OpenFile(t.Context(), broken)
			s := openFile(t, o)
			put(t, s, tokenName, token)
			wantValue(t, openFile(t, o), tokenName, token)
			if err == nil {
				if n < 3 {
					t.Errorf("only %d steps were tried", n)
				}
				break
			}
		}
	}
}

func TestCredentialComesFirst(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	id, err := age.GenerateX25519Identity()
	must(t, err)
	credentials := filepath.Join(filepath.Dir(p.data), "credentials")
	o := p.options()
	o.CredentialsDir = credentials
	writeFile(t, filepath.Join(credentials, CredentialName), "# comment\n\n"+id.String(), 0o440)
	put(t, openFile(t, o), tokenName, token)
	if !gone(p.key) {
		t.Error("a key file was made beside the credential")
	}
	_, err = OpenFile(t.Context(), p.options())
	wantError(t, err, MissingKey, p.key)
	wantValue(t, openFile(t, o), tokenName, token)
	must(t, os.Chmod(filepath.Join(credentials, CredentialName), 0o444))
	_, err = OpenFile(t.Context(), o)
	wantError(t, err, Permission, "chmod o=")
}

func TestCredentialsFolderWithoutOurs(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	o := p.options()
	o.CredentialsDir = t.TempDir()
	put(t, openFile(t, o), tokenName, token)
	wantValue(t, openFile(t, p.options()), tokenName, token)
}

// Two stores on one folder, as of two processes, while one of them rotates the key again and again.
func TestTwoStoresTogether(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	daemon, command := openFile(t, p.options()), openFile(t, p.options())
	put(t, daemon, tokenName, token)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			for n := range 10 {
				name := fmt.Sprintf("N%d", i)
				value := fmt.Sprint(n)
				if err := daemon.Put(ctx, name, NewValue([]byte(value))); err != nil {
					t.Error(err)
				}
				wantValue(t, daemon, name, value)
				wantValue(t, command, tokenName, token)
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			if _, err := command.Rotate(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	wantNames(t, openFile(t, p.options()), "N0", "N1", "N2", tokenName)
	wantValue(t, daemon, tokenName, token)
}
