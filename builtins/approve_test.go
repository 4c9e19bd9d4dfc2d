package builtins

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"
)

// A device, its key, and its key that a topic or the state has carried, are the same: also where the key is the short form of
// a long name, which a stranger may have chosen so that no block sticks to it.
func TestAKeyIsTheKeyOfItsDevice(t *testing.T) {
	for _, name := range []string{"Kitchen", strings.Repeat("k", 191), strings.Repeat("k", 192), strings.Repeat("é", 300), "\xff" + strings.Repeat("~", 400)} {
		d := newDeviceValue(Device{Name: name, Type: "computer"})
		for _, v := range []starlark.Value{d, d.key, starlark.String(d.Key())} {
			var k deviceKey
			if err := k.Unpack(v); err != nil || string(k) != d.Key() {
				t.Errorf("%.20q as a %s: %q, %v; want %q", name, v.Type(), string(k), err, d.Key())
			}
		}
	}
	long := starlark.String("computer:" + strings.Repeat("k", 300))
	var k deviceKey
	if err := k.Unpack(long); err != nil || string(k) != (Device{Type: "computer", Name: strings.Repeat("k", 300)}).Key() {
		t.Errorf("type and name as they are: %q, %v", string(k), err)
	}
	// What only looks like a short form is none.
	for _, s := range []string{strings.Repeat("k", 141) + "~" + strings.Repeat("a", 64), strings.Repeat("k", 139) + "~" + strings.Repeat("g", 64), strings.Repeat("~", 300)} {
		if isBounded(s) {
			t.Errorf("%q is taken for a short form", s)
		}
	}
}
