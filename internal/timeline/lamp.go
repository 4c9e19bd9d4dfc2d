package timeline

import (
	"slices"

	"gatefold/builtins"
	"gatefold/engine"
)

// lamp is the one light of all accounts: it lists what it shows as the calls that make it so.
type lamp struct {
	arbiter  *builtins.Arbiter
	accounts []string
	wishes   map[string]engine.Stands
	shown    [2]builtins.LED // top, bottom
	listed   [2]builtins.LED
}

// lit is a call that shows, and whose it is.
type lit struct{ account, call string }

// slots name the LEDs as effects do.
func slots() [2]string { return [2]string{"led 1", "led 2"} }

// restart is a new process: nothing was looked at, which shows, but is nothing that a rule did.
func (l *lamp) restart(accounts []string) {
	l.accounts, l.wishes = accounts, map[string]engine.Stands{}
	for _, name := range accounts {
		l.wishes[name] = engine.Stands{Condition: engine.ConditionUnknown}
	}
	l.arbiter = builtins.NewArbiter(accounts, func(top, bottom builtins.LED) { l.shown = [2]builtins.LED{top, bottom} })
	l.listed = l.shown
}

// Wish implements builtins.Lamp.
func (l *lamp) Wish(account string, w builtins.Wish) { l.arbiter.Wish(account, w) }

func (l *lamp) stands(account string, now engine.Stands) { l.wishes[account] = now }

// changes are the calls that show since they were asked for last.
func (l *lamp) changes() []lit {
	var out []lit
	for i, slot := range slots() {
		if l.shown[i] == l.listed[i] {
			continue
		}
		if c := l.source(i, slot); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	l.listed = l.shown
	return out
}

// source is the call that an LED shows: of the account that wants what shows and ranks highest.
func (l *lamp) source(i int, slot string) lit {
	var best lit
	rank := -1
	for _, name := range l.accounts {
		now := l.wishes[name]
		w := builtins.WishOf(now)
		if led := [2]builtins.LED{w.Top, w.Bottom}[i]; led != l.shown[i] || w.Rank <= rank {
			continue
		}
		for _, e := range builtins.Shown(now) {
			if s, ok := e.Args.(engine.Slotted); ok && slices.Contains(s.Slots(), slot) {
				best, rank = lit{name, e.String()}, w.Rank
			}
		}
	}
	return best
}
