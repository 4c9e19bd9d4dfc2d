package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/lab"

	_ "embed"
)

//go:embed testdata/more.star
var more []byte

// inquirer answers the questions of the month's rules.
type inquirer struct{ asked int }

func (q *inquirer) Devices(context.Context, string) ([]builtins.Device, error) {
	return []builtins.Device{{ID: "k", Name: "Kitchen", Type: "speaker"}}, nil
}

func (q *inquirer) RecentlyPlayed(_ context.Context, _ string, n int) ([]builtins.Play, error) {
	if q.asked++; q.asked%3 == 0 {
		return nil, fmt.Errorf("answer %d is none", q.asked)
	}
	return []builtins.Play{{Item: builtins.Item{Kind: "track", Name: fmt.Sprint("track ", q.asked)}}}, nil
}

// month is history that the real loop, gate and rules have written in the laboratory: intruders, approvals, state,
// questions, timers, topics, blindness, holds.
type month struct {
	journal *journal.Journal
	rules   *engine.Ruleset
	turns   int // that were told, also of looks that brought no news
}

func modules() []engine.Module { return builtins.All(builtins.Deps{}) }

func options() Options { return Options{Zone: time.UTC, Modules: modules()} }

func live(t testing.TB, days int, open func(now func() time.Time) (*journal.Journal, error)) *month {
	t.Helper()
	return liveBy(t, days, open, engine.File{Path: "more.star", Data: more})
}

// fiveDays are a history that several tests read: to live through it takes longer than most of them.
func fiveDays(t testing.TB) *month {
	t.Helper()
	lived.once.Do(func() { lived.month = live(t, 5, inMemory) })
	if lived.month == nil {
		t.Fatal("the five days have failed in another test")
	}
	return lived.month
}

var lived struct {
	once  sync.Once
	month *month
}

// liveBy has the shipped rules decide, beside others.
func liveBy(t testing.TB, days int, open func(now func() time.Time) (*journal.Journal, error), beside ...engine.File) *month {
	t.Helper()
	return liveWith(t, days, open, nil, beside...)
}

// liveWith also says where they are loaded; nil: in this process.
func liveWith(t testing.TB, days int, open func(now func() time.Time) (*journal.Journal, error), load func(engine.Snapshot, []engine.Module) (*engine.Ruleset, error), beside ...engine.File) *month {
	t.Helper()
	files, err := lab.HomeStar()
	if err != nil {
		t.Fatal(err)
	}
	m := &month{}
	ours := lab.Ours{
		Rules: append(files, beside...), Inquirer: &inquirer{}, Load: load,
		Journal: func(now func() time.Time) (*journal.Journal, error) {
			j, err := open(now)
			m.journal = j
			return j, err
		},
		Observe: func(_ engine.Pacer, _ time.Time, _ string, r engine.Report) {
			switch r := r.(type) {
			case engine.TurnReport:
				m.turns++
			case engine.ProvenReport:
				m.rules = r.Ruleset
			}
		},
	}
	story := lab.NewStory(lab.Habits(7, days))
	for i, v := range story.Visits { // people say something about some of those who come
		key := v.Who.Devices[0].Type + ":" + v.Who.Devices[0].Name
		say := func(after time.Duration, in engine.Input) {
			ours.Said = append(ours.Said, lab.Said{At: v.Begin + after, Input: in})
		}
		switch i % 6 {
		case 0:
			say(3*time.Minute, engine.Approve{ID: fmt.Sprint(i), Holder: key, Allowed: true, For: 20 * time.Minute, By: "cli ann"})
		case 1:
			say(time.Minute, engine.Approve{ID: fmt.Sprint(i), Holder: key, By: "cli ann"})
			say(time.Hour, engine.Approve{ID: fmt.Sprint(i), Holder: key, By: "cli ann", Undo: true})
		case 2:
			say(time.Minute, engine.GateWaits{Kind: engine.BlindQuota, Until: lab.Start().Add(v.Begin + 15*time.Minute)})
		case 3:
			field, err := engine.ParseField("minutes=2.5")
			if err != nil {
				t.Fatal(err)
			}
			say(time.Minute, engine.Publish{ID: fmt.Sprint(i), Topic: "guests", By: "cli", Fields: []engine.Field{field}})
		case 4:
			say(2*time.Minute, engine.Hold{ID: fmt.Sprint(i), For: 30 * time.Minute, By: "cli ann"})
		}
	}
	if err := ours.Live(story); err != nil {
		t.Fatal(err)
	}
	if m.rules == nil {
		t.Fatal("no rules have decided anything")
	}
	return m
}

func inMemory(now func() time.Time) (*journal.Journal, error) {
	return journal.New(journal.NewMemory(), now), nil
}

func text(r engine.DecisionRecord) string {
	raw, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// A month is decided anew, offline, to the byte. With -short, a week of it is.
func TestMonth(t *testing.T) {
	t.Parallel()
	days := 30
	if testing.Short() {
		days = 7
	}
	m := live(t, days, inMemory)
	turns, err := Recent(t.Context(), m.journal, "home", 1_000_000, options())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, turn := range turns {
		if is := turn.Again(t.Context(), m.rules); !Identical(turn.Was, is) {
			t.Fatalf("at %s %s was decided\n%s\nand now\n%s", turn.Event.Time, turn.Event.Data, text(turn.Was), text(is))
		}
		seen[turn.Event.Kind]++
		if len(turn.Event.Answers) > 0 {
			seen["questions"]++
		}
		if len(turn.Was.State) > 0 {
			seen["writes"]++
		}
		if turn.Lacks != "" {
			t.Errorf("at %s: %s", turn.Event.Time, turn.Lacks)
		}
	}
	t.Log(len(turns), "of", m.turns, "turns are recorded:", seen)
	for _, kind := range []string{"playback", "blind", "guests", "timer", "questions", "writes"} {
		if seen[kind] == 0 {
			t.Errorf("none of the turns is of %s: the month has lost something", kind)
		}
	}
	found, tried := Differ(t.Context(), turns, m.rules, time.Minute)
	for _, d := range found {
		t.Errorf("at %s %s was decided\n%s\nand is, with the rest of the past as history has it,\n%s", d.Turn.Event.Time, d.Turn.Event.Data, text(d.Turn.Was), text(d.Is))
	}
	if tried != len(turns) || tried < 100 {
		t.Errorf("tried %d of %d turns", tried, len(turns))
	}
}

func replaced(t testing.TB, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the text does not say %q any more", old)
	}
	return strings.Replace(text, old, with, 1)
}

// shipped are days by home.star as it is shipped.
func shipped(t testing.TB, days int) *month {
	t.Helper()
	return liveBy(t, days, inMemory)
}

// sizes are how many turns are recorded, in how many bytes of history, and how many of those say what they had read.
func sizes(t testing.TB, m *month) (turns, all, past int) {
	t.Helper()
	entries, err := m.journal.Entries(t.Context(), journal.EntryQuery{Accounts: []string{"home"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all += len(e.Data)
		var fields struct{ Past json.RawMessage }
		if e.Kind == "decision" {
			if err := json.Unmarshal(e.Data, &fields); err != nil {
				t.Fatal(err)
			}
			turns, past = turns+1, past+len(fields.Past)
		}
	}
	return turns, all, past
}

// What a turn had read takes no more than a third of what is written of it: an SD card is small.
func TestSizeOfThePast(t *testing.T) {
	t.Parallel()
	turns, all, past := sizes(t, shipped(t, 4))
	if turns < 200 || past*3 > all {
		t.Errorf("%d turns in %d bytes, %d of them of the past", turns, all, past)
	}
}
