package builtins

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// text is an argument that is a string. Bytes that are not UTF-8 (a rule may cut a name in the middle of a letter) are
// replaced: no Starlark literal can hold them, so an effect could not be read back.
type text string

// Unpack implements starlark.Unpacker.
func (t *text) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf("got %s, want string: write str(...)", v.Type())
	}
	*t = text(valid(s))
	return nil
}

func valid(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// cut shortens a string to at most n runes, the last of them "…". A string that was cut stays as it is when cut again.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := 0
	last := 0 // where rune n-1 begins
	for i := range s {
		if runes++; runes == n {
			last = i
		}
	}
	if runes <= n {
		return s
	}
	return s[:last] + "…"
}

// keyBytes is how long a key may be. The rule state takes 256 bytes: a rule can put a prefix before a device's key.
const keyBytes = 200

// bounded is s, or, if that is longer than keyBytes, its beginning and a hash of all of it. The short form is always
// longer than keyBytes, so nobody can choose a name that is the short form of another.
func bounded(s string) string {
	if len(s) <= keyBytes {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	head := strings.ToValidUTF8(s[:keyBytes-60], "")
	return head + "~" + hex.EncodeToString(sum[:])
}

// isBounded says whether s is what bounded makes of a longer text: made of it once more it would be another.
func isBounded(s string) bool {
	at := strings.LastIndexByte(s, '~')
	if at < 0 || at > keyBytes-60 || len(s) <= keyBytes {
		return false
	}
	sum, err := hex.DecodeString(s[at+1:])
	return err == nil && len(sum) == sha256.Size
}

var _ starlark.Unpacker = (*text)(nil)

// blankText stands for a text in which there is nothing to read.
const blankText = "(blank)"
