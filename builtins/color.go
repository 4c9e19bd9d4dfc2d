package builtins

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.starlark.net/starlark"
	"golang.org/x/image/colornames"

	"gatefold/engine"
)

// color is an argument that is a colour of light: a CSS name or "#rrggbb". Black is none, it is darkness.
type color struct{ r, g, b uint8 }

// Unpack implements starlark.Unpacker.
func (c *color) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want a colour like "red" or "#ff0000"`, v.Type())
	}
	parsed, ok := parseColor(s)
	if !ok {
		return noColor(s)
	}
	if parsed == (color{}) {
		return fmt.Errorf("%s is dark: write blink1.off()", quote(s))
	}
	*c = parsed
	return nil
}

// parseColor reads "red", "Red", "#f00" or "#ff0000". Source: CSS Color Module Level 4, 5.2 and 6.1.
func parseColor(s string) (color, bool) {
	if digits, ok := strings.CutPrefix(s, "#"); ok {
		return parseHex(digits)
	}
	name := strings.ToLower(s)
	switch name {
	case "amber": // not of CSS, but what a status light shows
		return color{0xff, 0xbf, 0x00}, true
	case "rebeccapurple": // newer than the table
		return color{0x66, 0x33, 0x99}, true
	}
	rgba, ok := colornames.Map[name]
	return color{rgba.R, rgba.G, rgba.B}, ok
}

func parseHex(digits string) (color, bool) {
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return color{}, false
	}
	switch len(digits) {
	case 6:
		return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
	case 3: // every digit stands for two of it
		return color{uint8(n>>8&15) * 17, uint8(n>>4&15) * 17, uint8(n&15) * 17}, true
	}
	return color{}, false
}

func noColor(s string) error {
	const right = `write a CSS name like "red", or "#ff0000"`
	if strings.HasPrefix(s, "#") {
		return fmt.Errorf(`%s is no colour: "#" is followed by six digits from 0 to f, as in "#ff0000"`, quote(cut(s, 60)))
	}
	if _, ok := parseHex(s); ok {
		return fmt.Errorf("%s is no colour: write %s", quote(s), quote("#"+s))
	}
	names := append([]string{"amber", "rebeccapurple"}, colornames.Names...)
	if near := engine.Nearest(strings.ToLower(s), names); near != "" {
		return fmt.Errorf("%s is no colour: did you mean %s?", quote(s), quote(near))
	}
	return fmt.Errorf("%s is no colour: %s", quote(cut(s, 60)), right)
}

// String is "#rrggbb".
func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// at is the colour at a brightness in percent. It is never dark: that would say "not running".
func (c color) at(percent int) (r, g, b uint8) {
	scale := func(v uint8) uint8 { return uint8((int(v)*percent + 50) / 100) }
	r, g, b = scale(c.r), scale(c.g), scale(c.b)
	if r|g|b != 0 {
		return r, g, b
	}
	switch brightest := max(c.r, c.g, c.b); brightest {
	case c.r:
		r = 1
	case c.g:
		g = 1
	default:
		b = 1
	}
	return r, g, b
}

var _ starlark.Unpacker = (*color)(nil)

// ColorNames are the colours that have a name, for those who complete it.
func ColorNames() []string {
	names := append([]string{"amber", "rebeccapurple"}, colornames.Names...)
	slices.Sort(names)
	return slices.DeleteFunc(names, func(n string) bool { c, _ := parseColor(n); return c == color{} })
}

// ColorHex is a colour as "#rrggbb"; false: it is none.
func ColorHex(s string) (string, bool) {
	c, ok := parseColor(s)
	return c.String(), ok && c != color{}
}
