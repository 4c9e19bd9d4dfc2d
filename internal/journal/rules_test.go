package journal

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRulesAreReplaced(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		if hash, files, err := h.Rules(t.Context()); hash != "" || files != nil || err != nil {
			t.Errorf("fresh: %q, %v, %v", hash, files, err)
		}
		old := map[string][]byte{"home.star": []byte("old"), "gone.star": []byte("")}
		now := map[string][]byte{"home.star": []byte("now"), "lib/Größe.star": bytes.Repeat([]byte("x = 1\n"), 1000)}
		for hash, files := range map[string]map[string][]byte{"h1": old} {
			if err := h.SaveRules(t.Context(), hash, files); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.SaveRules(t.Context(), "h2", now); err != nil {
			t.Fatal(err)
		}
		h.restart()
		hash, files, err := h.Rules(t.Context())
		if err != nil || hash != "h2" {
			t.Fatalf("%q, %v", hash, err)
		}
		if diff := cmp.Diff(now, files); diff != "" {
			t.Error(diff)
		}
		row := last(t, h.store, rulesSubject, h.now())
		if len(row.Data) > 1000 {
			t.Errorf("%d bytes for 6 KB that repeat", len(row.Data))
		}
		if err := h.SaveRules(t.Context(), "h2", now); err != nil {
			t.Fatal(err)
		}
		if again := last(t, h.store, rulesSubject, h.now()); again.Seq != row.Seq {
			t.Error("the same ruleset was written again")
		}
	})
}

func TestRulesAreBounded(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		noise := make([]byte, 300<<10)                 // does not compress
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
		if err := h.SaveRules(t.Context(), "big", map[string][]byte{"a.star": noise}); err != nil {
			t.Fatal(err)
		}
		if _, files, err := h.Rules(t.Context()); err != nil || !bytes.Equal(files["a.star"], noise) {
			t.Errorf("%d files, %v", len(files), err)
		}
		for name, files := range map[string]map[string][]byte{
			"too many bytes": {"a.star": make([]byte, MaxRules-5)}, "no name": {"": nil}, "a folder": {"a/": nil}, "NUL": {"a\x00b": nil},
		} {
			if err := h.SaveRules(t.Context(), name, files); err == nil {
				t.Errorf("%s: saved", name)
			}
		}
		if hash, _, err := h.Rules(t.Context()); hash != "big" || err != nil {
			t.Errorf("%q, %v", hash, err)
		}
	})
}

func TestPackIsBounded(t *testing.T) {
	files := map[string][]byte{"a": make([]byte, 50), "b": make([]byte, 48)}
	if _, err := pack("hash", files, 99); err == nil {
		t.Error("100 bytes in 99")
	}
	data, err := pack("hash", files, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, files, err := unpack(data, 98); len(files) != 2 || err != nil {
		t.Errorf("%d files, %v", len(files), err)
	}
	if _, files, err := unpack(data, 97); files != nil || err == nil {
		t.Errorf("%d files of 98 bytes in 97", len(files))
	}
}

func TestPackIsUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Custom(func(t *rapid.T) string {
			n := rapid.SliceOfN(rapid.ByteMin(1), 1, 300).Draw(t, "bytes")
			return strings.TrimRight(string(n), "/") + "x"
		})
		files := rapid.MapOf(name, rapid.SliceOfN(rapid.Byte(), 0, 700)).Draw(t, "files")
		data, err := pack("hash", files, MaxRules)
		if err != nil {
			t.Fatal(err)
		}
		hash, got, err := unpack(data, MaxRules)
		if err != nil || hash != "hash" || len(got) != len(files) {
			t.Fatalf("%q, %d files, %v", hash, len(got), err)
		}
		for name := range files {
			if !bytes.Equal(files[name], got[name]) {
				t.Fatalf("%q differs", name)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	data, err := pack("hash", map[string][]byte{"home.star": []byte("x"), "lib/y.star": []byte("y")}, MaxRules)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, files, err := unpack(data, MaxRules)
		size := 0
		for _, content := range files {
			size += len(content)
		}
		if size > MaxRules || err != nil && files != nil {
			t.Errorf("%d bytes, %v", size, err)
		}
	})
}
