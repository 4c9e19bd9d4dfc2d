package timeline

import (
	"slices"

	"gatefold/builtins"
	"gatefold/engine"
)

// lamp is the lights of all accounts: it lists what they show as the calls that make it so.
type lamp struct {
	arbiter  *builtins.Arbiter
	accounts []string
	wishes   map[string]engine.Stands
	lights   []*lantern // in the order in which rules named them; the one without a name first
}

// lantern is one light.
type lantern struct {
	name   string
	shown  [2]builtins.LED // top, bottom
	listed [2]builtins.LED
}

// lit is a call that shows, and whose it is.
type lit struct{ account, call string }

// slots name the LEDs as effects do.
func (l *lantern) slots() [2]string {
	if l.name == "" {
		return [2]string{"led 1", "led 2"}
	}
	return [2]string{"led 1 of " + l.name, "led 2 of " + l.name}
}

// restart is a new process: nothing was looked at, which shows, but is nothing that a rule did.
func (l *lamp) restart(accounts []string) {
	l.accounts, l.wishes, l.lights = accounts, map[string]engine.Stands{}, nil
	for _, name := range accounts {
		l.wishes[name] = engine.Stands{Condition: engine.ConditionUnknown}
	}
	l.arbiter = builtins.NewArbiter(accounts, nil, l.show)
	for _, on := range l.lights {
		on.listed = on.shown
	}
}

func (l *lamp) show(light string, top, bottom builtins.LED) {
	i := slices.IndexFunc(l.lights, func(o *lantern) bool { return o.name == light })
	if i < 0 {
		i = len(l.lights)
		l.lights = append(l.lights, &lantern{name: light})
	}
	l.lights[i].shown = [2]builtins.LED{top, bottom}
}

// Wish implements builtins.Lamp.
func (l *lamp) Wish(account string, w builtins.Wish) { l.arbiter.Wish(account, w) }

func (l *lamp) stands(account string, now engine.Stands) { l.wishes[account] = now }

// changes are the calls that show since they were asked for last.
func (l *lamp) changes() []lit {
	var out []lit
	for _, on := range l.lights {
		for i, slot := range on.slots() {
			if on.shown[i] == on.listed[i] {
				continue
			}
			if c := l.source(on, i, slot); !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		on.listed = on.shown
	}
	return out
}

// source is the call that an LED shows: of the account that wants what shows and ranks highest.
func (l *lamp) source(on *lantern, i int, slot string) lit {
	var best lit
	rank := -1
	for _, name := range l.accounts {
		now := l.wishes[name]
		w := builtins.WishOf(now)
		p := w.Of(on.name)
		if led := [2]builtins.LED{p.Top, p.Bottom}[i]; led != on.shown[i] || w.Rank <= rank {
			continue
		}
		for _, e := range builtins.ShownOn(now, on.name) {
			if s, ok := e.Args.(engine.Slotted); ok && slices.Contains(s.Slots(), slot) {
				best, rank = lit{name, e.String()}, w.Rank
			}
		}
	}
	return best
}
