package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"
)

// backend is a store to test: open makes an empty one, and opens it anew when it is called again.
type backend struct {
	name    string
	largest int // bytes of the largest value that is tried
	setUp   func(t *testing.T) (open func() (Store, error))
}

func backends() []backend {
	return []backend{
		{"file", MaxValue, func(t *testing.T) func() (Store, error) {
			o := newSite(t).options()
			return func() (Store, error) { return OpenFile(t.Context(), o) }
		}},
		{"passphrase", MaxValue, func(t *testing.T) func() (Store, error) {
			o := newSite(t).phraseOptions(phrase)
			return func() (Store, error) { return OpenFile(t.Context(), o) }
		}},
		{"memory", MaxValue, func(*testing.T) func() (Store, error) {
			s := new(Memory)
			return func() (Store, error) { return s, nil }
		}},
		{"keyring", MaxValue, func(*testing.T) func() (Store, error) {
			keyring.MockInit()
			return func() (Store, error) { return OpenKeyring("gatefold"), nil }
		}},
		{"aws", 40 << 10, func(t *testing.T) func() (Store, error) {
			o := newFakeAWS(t, homeARN, sharedARN).options()
			return func() (Store, error) { return OpenAWS(t.Context(), o) }
		}},
	}
}

// The same is asked of every store. Not parallel: the keyring's mock belongs to the whole process.
func TestStores(t *testing.T) {
	tests := []struct {
		name string
		run  func(*testing.T, opened)
	}{
		{"nothing there", testNothing},
		{"put, get, replace, delete", testRound},
		{"any bytes, up to the largest", testBytes},
		{"names sorted, over stores", testList},
		{"what is refused", testRefused},
		{"an ended context", testEnded},
		{"many at once", testTogether},
	}
	for _, b := range backends() {
		for _, test := range tests {
			t.Run(b.name+"/"+test.name, func(t *testing.T) {
				open := b.setUp(t)
				again := func() listedStore {
					s, err := open()
					must(t, err)
					return s.(listedStore)
				}
				test.run(t, opened{again(), again, b.largest})
			})
		}
	}
}

type listedStore interface {
	Store
	Lister
}

// opened is a store that was opened, and how to open it once more.
type opened struct {
	listedStore
	again   func() listedStore
	largest int
}

func testNothing(t *testing.T, s opened) {
	_, err := s.Get(t.Context(), tokenName)
	wantNotFound(t, err)
	wantNotFound(t, s.Delete(t.Context(), tokenName))
	wantNames(t, s)
}

func wantNotFound(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), tokenName) {
		t.Errorf("got %v, want ErrNotFound that names %s", err, tokenName)
	}
}

func wantNames(t *testing.T, s Lister, want ...string) {
	t.Helper()
	got, err := s.List(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("listed %v (%v), want %v", got, err, want)
	}
}

func testRound(t *testing.T, s opened) {
	put(t, s, tokenName, "first")
	put(t, s, tokenName, token)
	put(t, s, tokenName, token)
	wantValue(t, s, tokenName, token)
	wantValue(t, s.again(), tokenName, token)
	must(t, s.Delete(t.Context(), tokenName))
	_, err := s.again().Get(t.Context(), tokenName)
	wantNotFound(t, err)
	wantNotFound(t, s.Delete(t.Context(), tokenName))
	put(t, s, tokenName, "again")
	wantValue(t, s, tokenName, "again")
}

func testBytes(t *testing.T, s opened) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, value := range []string{"x", "\n", "\x00", string(all), "not \xff UTF-8\n", strings.Repeat("\xfe", s.largest)} {
		put(t, s, tokenName, value)
		wantValue(t, s.again(), tokenName, value)
	}
}

func testList(t *testing.T, s opened) {
	names := []string{"A", "JOURNAL_KEY", tokenName, "SPOTIFY_CLIENT_SECRET", "SPOTIFY_HOME_CREDENTIAL", strings.Repeat("Z", MaxName)}
	for _, name := range slices.Backward(names) {
		put(t, s, name, "value of "+name)
	}
	wantNames(t, s.again(), names...)
	for _, name := range names {
		wantValue(t, s.again(), name, "value of "+name)
	}
	must(t, s.Delete(t.Context(), "A"))
	wantNames(t, s, names[1:]...)
}

func testRefused(t *testing.T, s opened) {
	for _, name := range []string{"", "a", "../A", "A/B", "A.B", "A B", "Ä", "A\x00", "A\n", "KEY", strings.Repeat("A", MaxName+1)} {
		_, err := s.Get(t.Context(), name)
		for _, err := range []error{err, s.Put(t.Context(), name, NewValue([]byte(token))), s.Delete(t.Context(), name)} {
			if err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("the name %q: got %v", name, err)
			}
			wantSilent(t, err)
		}
	}
	put(t, s, tokenName, token)
	wantError(t, s.Put(t.Context(), tokenName, Value{}), Unfit, tokenName, "empty")
	wantError(t, s.Put(t.Context(), tokenName, NewValue(nil)), Unfit, "empty")
	large := NewValue(bytes.Repeat([]byte(token), MaxValue/len(token)+1))
	wantError(t, s.Put(t.Context(), tokenName, large), Unfit, tokenName, "65536")
	wantValue(t, s, tokenName, token)
}

func testEnded(t *testing.T, s opened) {
	put(t, s, tokenName, token)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := s.Get(ctx, tokenName)
	_, list := s.List(ctx)
	for _, err := range []error{get, list, s.Put(ctx, tokenName, NewValue([]byte("new"))), s.Delete(ctx, tokenName)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that the context has ended", err)
		}
		wantSilent(t, err)
	}
	wantValue(t, s, tokenName, token)
}

func testTogether(t *testing.T, s opened) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprintf("N%d", i)
			for _, value := range []string{"1", "2"} {
				put(t, s, name, value)
				wantValue(t, s, name, value)
			}
			put(t, s, "SAME", name)
			if _, err := s.Get(t.Context(), "SAME"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantNames(t, s, "N0", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "SAME")
}
