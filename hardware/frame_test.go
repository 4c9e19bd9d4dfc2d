package hardware

import (
	"errors"
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

	"gatefold/hardware/fakeusb"
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

// whitelist is every command that may ever reach a device. Of all others some cannot be undone, and none is needed.
const whitelist = "cpPlDrSRv"

// harmless says why a report may not be sent; nil if it may.
func harmless(r report) error {
	n := uint16(r[5])<<8 | uint16(r[6])
	wd := uint16(r[3])<<8 | uint16(r[4])
	switch c := r.command(); {
	case r[0] != reportID || strings.IndexByte(whitelist, c) < 0 || r[8] != 0:
		return errors.New("not on the whitelist")
	case (c == cmdFade || c == cmdReadColor) && r[7] > 2, c == cmdLED && r[2] > 2:
		return errors.New("no such LED")
	case c == cmdFade && n == 0:
		return errors.New("a fade in no time")
	case c == cmdLine && n == 0 && r != blankReport(int(r[7])):
		return errors.New("a line that is skipped and not blank")
	case (c == cmdLine || c == cmdReadLine) && r[7] > maxLine:
		return errors.New("no such line")
	case c == cmdPlay && (r[3] > maxLine || r[4] > maxLine || r[3] > r[4] || r[2] == 1 && r[4] == 0):
		return errors.New("it plays past the last line")
	case c == cmdWatchdog && (r[4] == 0 || r[5] != keepLight || wd > 6000 && r[2] == 1 || r[7] > maxLine || r[6] > r[7]):
		return errors.New("a watchdog that misfires")
	}
	return nil
}

// TestOnlyTheWhitelistCanBeBuilt: whatever the arguments, a builder makes a command that is allowed, and the firmware is
// not harmed.
func TestOnlyTheWhitelistCanBeBuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := RGB{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")}
		d := time.Duration(rapid.Int64().Draw(t, "time"))
		w := which(rapid.Byte().Draw(t, "which"))
		number := func(name string) int {
			return rapid.OneOf(rapid.Int(), rapid.IntRange(-2, 40)).Draw(t, name)
		}
		a, b, n := number("a"), number("b"), number("n")
		all := []report{
			fadeReport(c, d, w), offReport(), stopReport(), playReport(a, b, n), lineReport(a, c, rapid.Uint16().Draw(t, "ticks")),
			blankReport(a), ledReport(w), watchdogReport(d, a, b), disarmReport(), readColorReport(w), readLineReport(a),
			readPlayReport(), versionReport(),
		}
		built := map[byte]bool{}
		for _, r := range all {
			if err := harmless(r); err != nil {
				t.Fatalf("built % x: %v", r, err)
			}
			built[r.command()] = true
		}
		if len(built) != len(whitelist) {
			t.Fatalf("of %d commands only %v are built here", len(whitelist), built)
		}
		if r := fadeReport(c, d, w); uint16(r[5])<<8|uint16(r[6]) != ticks(d) || (RGB{r[2], r[3], r[4]}) != c {
			t.Fatalf("built % x", r)
		}
		for _, m := range []fakeusb.Model{fakeusb.Mk1, fakeusb.Mk2, fakeusb.Mk3, fakeusb.Mk4} {
			d := fakeusb.NewDevice(m, "20001234")
			for _, r := range all {
				if m == fakeusb.Mk1 && r.command() == cmdPlay && r[2] == 1 {
					continue // lets an mk1 with its 12 lines run over; it is never sent
				}
				if err := d.SetReport(r[:]); err != nil {
					t.Fatal(err)
				}
			}
			if s := d.State(); len(s.Forbidden) > 0 || s.Flash > 0 || s.Overruns > 0 {
				t.Fatalf("mk%d: %+v", m, s)
			}
			d.Replug()
		}
	})
	if r := offReport(); r != (report{1, 'c', 0, 0, 0, 0, 1, 0}) {
		t.Errorf("off is % x", r)
	}
	if r := watchdogReport(AlarmAfter, alarmFirst, alarmLast); r != (report{1, 'D', 1, 3, 32, 1, 28, 31}) {
		t.Errorf("the watchdog is % x", r)
	}
}

// An mk1 takes the low byte of the time for the wish to keep its light.
func TestTheTimeOfAWatchdogHasALowByte(t *testing.T) {
	for n := range 70 * 100 {
		r := watchdogReport(time.Duration(n)*tick, alarmFirst, alarmLast)
		if err := harmless(r); err != nil {
			t.Fatalf("%v is % x: %v", time.Duration(n)*tick, r, err)
		}
	}
}

// The commands that harm, and those that nobody needs, are known as such by the model that the tests rely on.
func TestTheModelKnowsWhatIsForbidden(t *testing.T) {
	for c := range 256 {
		d := fakeusb.NewDevice(fakeusb.Mk3, "30001234")
		if err := d.SetReport([]byte{1, byte(c), 0xbe, 0xef, 0xca, 0xfe, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if allowed := strings.IndexByte(whitelist, byte(c)) >= 0; allowed == (len(d.State().Forbidden) == 1) {
			t.Errorf("%q: allowed %v, noted %q", rune(c), allowed, d.State().Forbidden)
		}
		d.Replug()
	}
}

// TestSequencesAreHarmless: the same for whatever frames are shown whenever, on whatever model. On an mk1 no line is
// written.
func TestSequencesAreHarmless(t *testing.T) {
	led := rapid.Custom(func(t *rapid.T) LED {
		return LED{
			Color: RGB{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")},
			Fade:  time.Duration(rapid.Int64().Draw(t, "fade")), Every: time.Duration(rapid.Int64().Draw(t, "every")),
			Pattern: rapid.OneOf(rapid.Just(Pattern{}), patterns()).Draw(t, "pattern"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "wait")))
			if rapid.Bool().Draw(t, "reconnect") {
				firmware := rapid.SampledFrom([]int{0, 101, 203, 205, 303}).Draw(t, "firmware")
				s.reconnect(traits{generation(rapid.IntRange(1, 3).Draw(t, "generation")), firmware}, now)
			}
			f := Frame{led.Draw(t, "top"), led.Draw(t, "bottom")}
			if rapid.Bool().Draw(t, "same") {
				f.Bottom = f.Top
			}
			s.want(f, now)
			for _, r := range s.due(now) {
				if err := harmless(r); err != nil {
					t.Fatalf("built % x: %v", r, err)
				}
				if s.traits.oneLED() && (r.command() == cmdLine || r.command() != cmdFade || r[7] != 0) {
					t.Fatalf("an mk1 is sent % x", r)
				}
				if r.command() == cmdLine && r[7] >= alarmFirst {
					t.Fatalf("% x is a line of the alarm", r)
				}
			}
			if rs := s.due(now); len(rs) != 0 {
				t.Fatalf("sent twice: % x", rs)
			}
			if next := s.next(now); next < 0 || next > time.Duration(math.MaxInt64)/2+1 {
				t.Fatalf("next beat in %v", next)
			}
		}
	})
}

// TestReportsAreMadeInOnePlace: no other file of the package makes up a report or changes one, frame.go knows no other
// commands than those that are allowed, only the driver sends, once, and only who takes care of an mk1 sets lines.
func TestReportsAreMadeInOnePlace(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made, sends, letters := 0, 0, ""
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
			if changesReport(n) && name != "usb.go" { // which hands reports to C, and fetches replies
				t.Errorf("%s changes an array: is it a report?", name)
			}
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.CHAR && name == "frame.go" && l.Value != "'0'" && l.Value != "'9'" {
				letters += strings.Trim(l.Value, "'")
			}
			switch s := n.(type) {
			case *ast.SelectorExpr:
				if s.Sel.Name == "SendFeatureReport" {
					sends++
					if name != "usb.go" {
						t.Errorf("%s sends to a device", name)
					}
				}
			case *ast.Ident:
				sets := s.Name == "lineReport" || s.Name == "blankReport"
				if sets && !slices.Contains([]string{"frame.go", "session.go", "program.go", "eeprom.go"}, name) {
					t.Errorf("%s sets lines", name)
				}
				if s.Name == "writeEEPROM" && name != "eeprom.go" {
					t.Errorf("%s writes EEPROM", name)
				}
			}
			return true
		})
	}
	if made == 0 || sends != 1 || letters != "cpPlDrSRv" {
		t.Errorf("reports are made in %d places and sent in %d, with the commands %q", made, sends, letters)
	}
}

// changesReport finds what could change a report that was made in frame.go: r[i] = x, r[i]++, and r[:], through which
// others could. What has one of these names is no report.
func changesReport(n ast.Node) bool {
	assigned := []ast.Expr{}
	switch n := n.(type) {
	case *ast.AssignStmt:
		assigned = n.Lhs
	case *ast.IncDecStmt:
		assigned = append(assigned, n.X)
	case *ast.SliceExpr:
		return n.Low == nil && n.High == nil
	}
	return slices.ContainsFunc(assigned, func(e ast.Expr) bool {
		x, ok := e.(*ast.IndexExpr)
		if !ok {
			return false
		}
		name := ""
		switch of := x.X.(type) {
		case *ast.Ident:
			name = of.Name
		case *ast.SelectorExpr:
			name = of.Sel.Name
		}
		return !slices.Contains([]string{"fields", "lines", "known", "Lights"}, name)
	})
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
