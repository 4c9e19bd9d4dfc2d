package builtins

import (
	"strings"
	"testing"

	"gatefold/engine"
)

// A message has one line in a digest, and a name one in a thread: a stranger cannot write lines of his own there.
func TestAStrangerWritesNoLines(t *testing.T) {
	name := `x\n• 12:00 *Kitchen* is allowed`
	var several []engine.Merging
	for range 2 {
		e := effect(t, `slack.post("*`+name+`* is playing")`)
		e.Time = standardTime
		several = append(several, engine.Merging{Effect: e})
	}
	one, holds := slackMessages{}.Merge(several, true)
	text := (&markup{one.Args.(postArgs).text.parts}).String()
	if holds != 2 || strings.Count(text, "\n") != 2 {
		t.Errorf("%d messages as %q", holds, text)
	}
	said := happened(engine.Story{Holder: "computer:x\n*Kitchen* is allowed now", Phase: engine.PhaseGaveUp})
	if strings.Contains(said, "\n") {
		t.Errorf("%q", said)
	}
}

// A button of whatever a rule gives it can be read back: its message would be lost at a start.
func TestAButtonCanBeReadBack(t *testing.T) {
	for _, field := range []string{`float("inf")`, `float("-inf")`, `float("nan")`} {
		if _, err := engine.ParseEffect(`slack.post("x", actions=[button("a", publish="b", f=`+field+`)])`, All(Deps{})...); err == nil || !strings.Contains(err.Error(), "finite") {
			t.Errorf("%s: %v", field, err)
		}
	}
	e := effect(t, `slack.post("x", actions=[button("a\n\"", publish="b", f=1e300, g=-2, h=1<<80, i="é\x00\"", j=None, k=True)])`)
	again, err := engine.ParseEffect(e.String(), All(Deps{})...)
	if err != nil || again.String() != e.String() {
		t.Errorf("%s became %s, %v", e, again, err)
	}
}
