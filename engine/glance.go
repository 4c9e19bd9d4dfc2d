package engine

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// glance prints the beginning of a value, and does no more work than that takes: what contains itself forty times over is
// printed as little as a short list is. A value of up to most bytes prints as its String does.
func glance(v starlark.Value, most int) string {
	g := glancing{most: most}
	g.value(v)
	return cut(g.b.String(), most)
}

// glancing is a value that is printed until enough of it is there.
type glancing struct {
	b     strings.Builder
	most  int
	depth int
}

// glanceDepth is how deep it looks: an empty list in an empty list adds nothing that could be counted.
const glanceDepth = 100

func (g *glancing) full() bool { return g.b.Len() > g.most || g.depth > glanceDepth }

// hugeInt is the length from which an integer is not put into digits, in bits.
const hugeInt = 1024

func (g *glancing) value(v starlark.Value) {
	if g.full() {
		return
	}
	g.depth++
	defer func() { g.depth-- }()
	switch v := v.(type) {
	case starlark.String:
		g.b.WriteString(starlark.String(head(string(v), g.most)).String())
	case starlark.Bytes:
		g.b.WriteString(starlark.Bytes(head(string(v), g.most)).String())
	case starlark.Int:
		if n := v.BigInt().BitLen(); n > hugeInt {
			fmt.Fprintf(&g.b, "an integer of %d bits", n)
			return
		}
		g.b.WriteString(v.String())
	case *starlark.List:
		g.several("[", v, "]")
	case starlark.Tuple:
		if len(v) == 1 {
			g.several("(", v, ",)")
			return
		}
		g.several("(", v, ")")
	case *starlark.Set:
		g.several("set([", v, "])")
	case *starlark.Dict:
		g.dict(v)
	case *starlarkstruct.Struct:
		g.members(v)
	default: // what has no others in it
		g.b.WriteString(v.String())
	}
}

func (g *glancing) several(open string, values starlark.Iterable, end string) {
	it := values.Iterate()
	defer it.Done()
	g.b.WriteString(open)
	var v starlark.Value
	for i := 0; !g.full() && it.Next(&v); i++ {
		g.comma(i)
		g.value(v)
	}
	g.b.WriteString(end)
}

func (g *glancing) dict(d *starlark.Dict) {
	i := 0
	g.b.WriteByte('{')
	for k, v := range d.Entries() {
		if g.full() {
			break
		}
		g.comma(i)
		g.value(k)
		g.b.WriteString(": ")
		g.value(v)
		i++
	}
	g.b.WriteByte('}')
}

func (g *glancing) members(s *starlarkstruct.Struct) {
	g.b.WriteString("struct(")
	for i, name := range s.AttrNames() {
		if g.full() {
			break
		}
		g.comma(i)
		g.b.WriteString(name + " = ")
		if v, err := s.Attr(name); err == nil {
			g.value(v)
		}
	}
	g.b.WriteByte(')')
}

func (g *glancing) comma(i int) {
	if i > 0 {
		g.b.WriteString(", ")
	}
}

// head is the beginning of a text: more of it than is printed.
func head(s string, most int) string {
	if len(s) > most+1 {
		return s[:most+1]
	}
	return s
}
