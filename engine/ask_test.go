package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// curious asks at every look who plays, and believes it.
const curious = `
def on_playback(now):
	log(now.who, now.cause)
	if ask.one("who") == "a friend":
		allow("a friend")
	else:
		deny("a stranger")
		light.set("red")
		if now.plays:
			pause()
			mail.send(now.who + " plays", every="30m")

def on_blind(problem):
	log("blind", problem.kind)
	light.set("amber")
`

const whoCall = `ask ask.one(q="who")`

func answersOf(pairs ...string) []Answer {
	var out []Answer
	for i := 0; i < len(pairs); i += 2 {
		raw, _ := json.Marshal(pairs[i+1])
		out = append(out, Answer{Call: fmt.Sprintf("ask.one(q=%q)", pairs[i]), Data: raw, At: start})
	}
	return out
}

func TestAQuestionEndsTheEvaluation(t *testing.T) {
	set := rules(t, "def on_playback(now):\n\tmail.send('before')\n\tlog('before')\n\tx = ask.one(\"a\") + ask.one(\"b\")\n\tallow(x)\n")
	ev := playback(bob)
	d := set.Evaluate(t.Context(), ev, Facts{}, nil)
	equal(t, "asked", fmt.Sprint(d.Asks), fmt.Sprint([]Ask{{Account: "home", Call: `ask.one(q="a")`, Name: "ask.one", Args: d.Asks[0].Args, Pos: "home.star:4:13"}}))
	if d.Err != nil || d.Once != nil || d.Logs != nil || d.Verdict.Given || d.Standing != nil || d.State != nil {
		t.Errorf("something of the first try is left: %+v", d)
	}
	ev.Answers = answersOf("a", "good ")
	d = set.Evaluate(t.Context(), ev, Facts{}, nil)
	equal(t, "then", d.Asks[0].Call, `ask.one(q="b")`)
	ev.Answers = append(ev.Answers, Answer{Call: `ask.one(q="b")`, Err: "no budget"})
	d = set.Evaluate(t.Context(), ev, Facts{}, nil)
	equal(t, "an error is a value", d.Verdict.String(), `allow(reason="good error: no budget")`)
	equals(t, "once", callsOf(d.Once), `mail.send(text="before")`)
	equal(t, "steps are counted", d.Steps > 0, true)
}

func TestAtMostFourQuestions(t *testing.T) {
	set := rules(t, "def on_playback(now):\n\tfor q in 'abcde'.elems():\n\t\task.one(q)\n\t\task.one(q)\n")
	ev := playback(bob)
	for _, q := range []string{"a", "b", "c", "d"} {
		d := set.Evaluate(t.Context(), ev, Facts{}, nil)
		if len(d.Asks) != 1 || d.Err != nil {
			t.Fatalf("%s: %v, %v", q, d.Asks, d.Err)
		}
		ev.Answers = append(ev.Answers, answersOf(q, "x")...)
	}
	d := set.Evaluate(t.Context(), ev, Facts{}, nil)
	if d.Err == nil || !strings.Contains(d.Err.Error(), "ask.one: more than 4 questions in one turn") || d.Asks != nil {
		t.Errorf("the fifth: %v, %v", d.Asks, d.Err)
	}
}

// Same event, rules, state and answers: same decision, also by a ruleset that was
// loaded anew, and whatever it was asked before.
func TestSameAnswersSameDecision(t *testing.T) {
	const src = `
def on_playback(now):
	n = state.get("n", 0)
	seen = [ask.one("q%d" % ((n + i) % 3)) for i in range(2)]
	if "bad" in seen:
		deny(seen[0])
		mail.send(seen[1], every="1m")
	state.set("n", n + len(seen[0]))
`
	one, two := rules(t, src), rules(t, src)
	rapid.Check(t, func(t *rapid.T) {
		ev, facts, state := drawEvent(t)
		for i := range rapid.IntRange(0, 3).Draw(t, "answers") {
			word := rapid.SampledFrom([]string{"bad", "good", ""}).Draw(t, "answer")
			ev.Answers = append(ev.Answers, answersOf(fmt.Sprintf("q%d", i), word)...)
		}
		first := one.Evaluate(t.Context(), ev, facts, state)
		want := text(first) + fmt.Sprint(first.Asks)
		for _, set := range []*Ruleset{two, one} {
			again := set.Evaluate(t.Context(), ev, facts, state)
			if got := text(again) + fmt.Sprint(again.Asks); got != want {
				t.Fatalf("first\n%s\nthen\n%s", want, got)
			}
		}
	})
}

func TestAnswerNow(t *testing.T) {
	f := newFakes()
	asks := rules(t, "def on_playback(now):\n\task.one('a')").Evaluate(t.Context(), playback(bob), Facts{}, nil).Asks
	got := AnswerNow(t.Context(), func() time.Time { return start }, f.modules, append(asks, Ask{Call: "x.y()", Name: "x.y"}, Ask{Call: "mail.send()", Name: "mail.send"}))
	equal(t, "answer", string(got[0].Data)+got[0].Err, `"yes"`)
	equal(t, "at", got[0].At.Equal(start), true)
	equal(t, "nobody", got[1].Err, "nobody answers x.y")
	equal(t, "no questions", got[2].Err, "nobody answers mail.send")
	for name, answer := range map[string]func(context.Context, Ask) (json.RawMessage, error){
		"fails":  func(context.Context, Ask) (json.RawMessage, error) { return nil, errors.New("no") },
		"panics": func(context.Context, Ask) (json.RawMessage, error) { panic("no") },
	} {
		f.answer = answer
		got := AnswerNow(t.Context(), time.Now, f.modules, asks)
		if len(got) != 1 || got[0].Err == "" || got[0].Data != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
