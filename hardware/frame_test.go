package hardware

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTicks(t *testing.T) {
	for d, want := range map[time.Duration]uint16{
		0: 1, 1: 1, -time.Hour: 1, 4 * time.Millisecond: 1, 14 * time.Millisecond: 1, 15 * time.Millisecond: 2,
		500 * time.Millisecond: 50, 655350 * time.Millisecond: 65535, time.Hour: 65535, math.MaxInt64: 65535, math.MinInt64: 1,
	} {
		if got := ticks(d); got != want {
			t.Errorf("%v is %d ticks, want %d", d, got, want)
		}
	}
}

// TestOnlyFadesCanBeBuilt: whatever the arguments, the command is 'c', its LED exists and its time is not 0.
func TestOnlyFadesCanBeBuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := RGB{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")}
		fade := time.Duration(rapid.Int64().Draw(t, "fade"))
		w := which(rapid.Byte().Draw(t, "which"))
		r := fadeReport(c, fade, w)
		n := uint16(r[5])<<8 | uint16(r[6])
		if r[0] != 1 || r[1] != 'c' || (RGB{r[2], r[3], r[4]}) != c || n != ticks(fade) || n == 0 || r[7] > 2 || r[8] != 0 {
			t.Fatalf("built % x", r)
		}
	})
	if r := offReport(); r != (report{1, 'c', 0, 0, 0, 0, 1, 0}) {
		t.Errorf("off is % x", r)
	}
}

// TestSequencesBuildOnlyFades: the same for whatever frames are shown whenever.
func TestSequencesBuildOnlyFades(t *testing.T) {
	led := rapid.Custom(func(t *rapid.T) LED {
		return LED{
			Color: RGB{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")},
			Fade:  time.Duration(rapid.Int64().Draw(t, "fade")), Every: time.Duration(rapid.Int64().Draw(t, "every")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "wait")))
			if rapid.Bool().Draw(t, "reconnect") {
				s.reconnect(rapid.Bool().Draw(t, "one LED"), now)
			}
			s.want(Frame{led.Draw(t, "top"), led.Draw(t, "bottom")}, now)
			for _, r := range s.due(now) {
				if r[0] != 1 || r[1] != 'c' || r[7] > 2 || s.oneLED && r[7] != 0 {
					t.Fatalf("built % x", r)
				}
			}
			if rs := s.due(now); len(rs) != 0 {
				t.Fatalf("sent twice: % x", rs)
			}
			if next := s.next(now); next < 0 || next > 0 && next > time.Duration(math.MaxInt64)/2+1 {
				t.Fatalf("next beat in %v", next)
			}
		}
	})
}

// TestReportsAreMadeInOnePlace: no other file of the package makes up a report, and only the driver sends, once.
func TestReportsAreMadeInOnePlace(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made, sends := 0, 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if makesReport(n) {
				made++
				if name != "frame.go" {
					t.Errorf("%s makes a report", name)
				}
			}
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "SendFeatureReport" {
				sends++
				if name != "usb.go" {
					t.Errorf("%s sends to a device", name)
				}
			}
			return true
		})
	}
	if made != 1 || sends != 1 {
		t.Errorf("reports are made in %d places and sent in %d, want 1 and 1", made, sends)
	}
}

// makesReport finds report{...}, report(...), new(report) and var r report.
func makesReport(n ast.Node) bool {
	is := func(e ast.Expr) bool { id, ok := e.(*ast.Ident); return ok && id.Name == "report" }
	switch n := n.(type) {
	case *ast.CompositeLit:
		return is(n.Type)
	case *ast.CallExpr:
		return is(n.Fun) || slices.ContainsFunc(n.Args, is)
	case *ast.ValueSpec:
		return n.Type != nil && is(n.Type)
	}
	return false
}
