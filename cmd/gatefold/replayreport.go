package main

import (
	"fmt"
	"time"

	"gatefold/internal/replay"
)

// report says what the replay of an account came to.
func (r *replayed) report(account string, since time.Time, rep replay.Report) error {
	r.doubts(account, rep)
	if r.o.asJSON {
		return r.reportJSON(account, since, rep)
	}
	head := ""
	if r.several {
		head = account + ": "
	}
	if rep.Turns == 0 {
		_, err := fmt.Fprintf(r.out, "%snothing was decided since %s\n", head, r.at(since, time.DateTime))
		return err
	}
	all := rep.Turns + rep.Looks
	if rep.Differ == 0 {
		_, err := fmt.Fprintf(r.out, "%s%s, and none differs (%d recorded, %s between them that showed nothing new)\n",
			head, count(all, "turn"), rep.Turns, count(rep.Looks, "look"))
		return err
	}
	verb := "differ"
	if rep.Differ == 1 {
		verb = "differs"
	}
	fmt.Fprintf(r.out, "%s%s %s of %d:\n", head, count(rep.Differ, "turn"), verb, all)
	layout := "15:04"
	if first, last := rep.Changes[0].From, rep.Changes[len(rep.Changes)-1].To; r.at(first, time.DateOnly) != r.at(last, time.DateOnly) {
		layout = "2006-01-02 15:04"
	}
	for _, c := range rep.Changes {
		when := r.at(c.From, layout)
		if until := r.at(c.To, "15:04"); until != r.at(c.From, "15:04") {
			when += "-" + until
		}
		fmt.Fprintf(r.out, "%s %s\n", when, oneLine(c.String()))
	}
	if rep.More > 0 {
		fmt.Fprintf(r.out, "and %s more\n", count(rep.More, "change"))
	}
	_, err := fmt.Fprintf(r.out, "denied while it played: %s -> %s; pauses: %d -> %d; messages: %d -> %d\n",
		rep.Was.Denied.Round(time.Second), rep.Is.Denied.Round(time.Second),
		rep.Was.Pauses, rep.Is.Pauses, rep.Was.Messages, rep.Is.Messages)
	return err
}

// doubts says what the figures do not cover.
func (r *replayed) doubts(account string, rep replay.Report) {
	say := func(n int, what, text string) {
		if n > 0 {
			fmt.Fprintf(r.err, "%s: %s %s\n", account, count(n, what), text)
		}
	}
	say(rep.Exact-rep.Same, "turn", "came to something else than recorded, by the rules that decided it then: another version of gatefold?")
	say(rep.Inexact, "turn", "cannot be replayed exactly: what its rules had read is not on record")
	say(rep.Unkept, "turn", "decided by rules that are not kept any more: not checked against them")
	say(rep.Unanswered, "question", "that nobody had asked then: answered with an error")
	say(rep.Damaged, "row", "of history cannot be read (gatefold doctor)")
	for _, err := range rep.Damage {
		fmt.Fprintf(r.err, "  %s\n", oneLine(err.Error()))
	}
}

type changeJSON struct {
	Kind    string    `json:"kind"` // "change"
	Account string    `json:"account"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Turns   int       `json:"turns"`
	Device  string    `json:"device,omitempty"`
	What    string    `json:"what"`
	Pos     string    `json:"pos,omitempty"`
}

type totalsJSON struct {
	Denied   float64 `json:"denied_seconds"`
	Pauses   int     `json:"pauses"`
	Messages int     `json:"messages"`
}

type replayJSON struct {
	Kind       string     `json:"kind"` // "summary"
	Account    string     `json:"account"`
	Since      time.Time  `json:"since"`
	Turns      int        `json:"turns"`
	Looks      int        `json:"looks"`
	Differ     int        `json:"differ"`
	Exact      int        `json:"exact"`
	Same       int        `json:"same"`
	Inexact    int        `json:"inexact"`
	Unkept     int        `json:"unkept"`
	Unanswered int        `json:"unanswered"`
	Damaged    int        `json:"damaged"`
	Was        totalsJSON `json:"was"`
	Is         totalsJSON `json:"is"`
}

func (r *replayed) reportJSON(account string, since time.Time, rep replay.Report) error {
	for _, c := range rep.Changes {
		if err := printJSON(r.out, changeJSON{"change", account, c.From, c.To, c.Turns, c.Who, c.What, c.Pos}, ""); err != nil {
			return err
		}
	}
	totals := func(t replay.Totals) totalsJSON { return totalsJSON{t.Denied.Seconds(), t.Pauses, t.Messages} }
	return printJSON(r.out, replayJSON{
		Kind: "summary", Account: account, Since: since, Turns: rep.Turns, Looks: rep.Looks, Differ: rep.Differ,
		Exact: rep.Exact, Same: rep.Same, Inexact: rep.Inexact, Unkept: rep.Unkept, Unanswered: rep.Unanswered,
		Damaged: rep.Damaged, Was: totals(rep.Was), Is: totals(rep.Is),
	}, "")
}
