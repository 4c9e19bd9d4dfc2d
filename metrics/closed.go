package metrics

// closed is a closed set of label values. What is not in it counts as fallback,
// which is one of the names: a word that somebody adds elsewhere and forgets
// here must show up, and must not make a series.
type closed struct {
	names    []string
	fallback int
}

func closedSet(fallback string, names ...string) closed {
	s := closed{names: names}
	s.fallback = s.index(fallback)
	return s
}

// index gives the place of a name in the set, or that of the fallback.
func (s closed) index(name string) int {
	for i, n := range s.names {
		if n == name {
			return i
		}
	}
	return s.fallback
}

// What cannot be told apart is taken for the worse: an outcome that nobody
// named was no good look, no pause and no message.

func blindKinds() closed {
	return closedSet("malformed", "rate_limited", "quota", "unauthorized", "forbidden", "unreachable", "malformed")
}

func lookOutcomes() closed {
	return closedSet("malformed", append([]string{outcomeOK}, blindKinds().names...)...)
}

// What paces looks and is not named here is no reason to look more often.
func pollCauses() closed {
	return closedSet("idle", "start", "denied", "verify", "changed", "playing", "paused", "idle",
		"restart", "habit", "item_end", "rule", "override", "failure", "budget")
}

func limitKinds() closed { return closedSet("rate", "rate", "quota") }

func faultKinds() closed { return closedSet("journal", "journal", "rules") }

func verdictNames() closed { return closedSet("unknown", "allow", "deny", "idle", "unknown") }

func pauseOutcomes() closed {
	return closedSet("failed", "paused", "already", "restricted", "gone", "premium", "failed")
}

func alertOutcomes() closed { return closedSet("failed", "sent", "throttled", "failed", "expired") }

// lightStates are what hardware says of a light.
func lightStates() closed {
	return closedSet("silent", "connected", "absent", "other", "busy", "forbidden", "hidden", "silent", "unsupported", "none")
}

func refreshOutcomes() closed { return closedSet("failed", "ok", "rotated", "failed") }

// children are the series of a closed set, one for every name.
type children[M any] struct {
	set closed
	all []M
}

// childrenOf gives every name of the set its child, and so its series.
func childrenOf[M any](set closed, child func(labels ...string) M, labels ...string) children[M] {
	c := children[M]{set: set}
	for _, name := range set.names {
		c.all = append(c.all, child(append(labels[:len(labels):len(labels)], name)...))
	}
	return c
}

func (c children[M]) of(name string) M { return c.all[c.set.index(name)] }
