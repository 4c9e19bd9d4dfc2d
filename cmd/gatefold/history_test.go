package main

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/lab"
	"gatefold/internal/reload"
)

// scriptHistory is `history DATA RULES`: a day of the laboratory's household in the journal of a data folder, decided by
// the rules of a folder, sealed with $GATEFOLD_SECRET_JOURNAL_KEY.
func scriptHistory(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: history DATA RULES")
	}
	key, err := base64.StdEncoding.DecodeString(ts.Getenv("GATEFOLD_SECRET_JOURNAL_KEY"))
	ts.Check(err)
	files, err := reload.Read(ts.MkAbs(args[1]), reload.Limits{})
	ts.Check(err)
	var kept *journal.Journal
	rules := map[string][]byte{}
	for _, f := range files {
		rules[f.Path] = f.Data
	}
	story := lab.NewStory(lab.Habits(3, 1))
	ours := lab.Ours{
		Rules: files,
		Journal: func(now func() time.Time) (*journal.Journal, error) {
			j, err := journal.Open(ts.MkAbs(args[0]), journal.Options{Now: now, Key: key})
			kept = j
			return j, err
		},
	}
	first := story.Visits[0]
	holder := first.Who.Devices[0].Type + ":" + first.Who.Devices[0].Name
	ours.Said = []lab.Said{
		{At: first.Begin + 2*time.Minute, Input: engine.Approve{ID: "1", Holder: holder, Allowed: true, For: 5 * time.Minute, By: "cli ann"}},
	}
	ts.Check(ours.Live(story))
	set, err := engine.Load(files, engine.Limits{}, vocabulary()...)
	ts.Check(err)
	ts.Check(kept.SaveRules(context.Background(), set.Hash, rules))
	ts.Check(kept.Close())
	ts.Logf("household: %s", strings.Join(story.Household(), ", "))
}
