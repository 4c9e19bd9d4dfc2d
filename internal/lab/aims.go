package lab

import "fmt"

// Aim is one of the aims of the table.
type Aim struct {
	Text    string `json:"aim"`
	Reached string `json:"reached"` // "yes", "no", or "-" where there is nothing to compare
	Figures string `json:"figures"`
}

// watched is the longest time without a look that counts as watching.
const watched = 300.0 // seconds

func (r *Report) aims(name string) []Aim {
	ours := r.policy(name)
	if ours == nil {
		return nil
	}
	var out []Aim
	add := func(ok bool, text, figures string, a ...any) {
		out = append(out, Aim{text, yes(ok), fmt.Sprintf(figures, a...)})
	}
	add(ours.LockedMinutes == 0 && ours.Refused == 0, "no lock-out", "%d answers 429, %.1f min", ours.Refused, ours.LockedMinutes)
	add(ours.Needless == 0, "no needless pause where the id is honoured", "%d; where it is ignored %d of %d", ours.Needless, ours.NeedlessIgnored, ours.Pauses)
	add(ours.Silence.P95 <= 20, "p95 to the first pause at most 20 s, from silence", "%.1f s", ours.Silence.P95)
	add(ours.Within.P95 <= 20, "p95 to the first pause at most 20 s, from within listening", "%.1f s", ours.Within.P95)
	if same := r.policy(Same); same != nil {
		half := func(text string, a, b Detection) {
			add(a.Mean <= b.Mean/2, text, "%.1f s against %.1f s: %.0f %%", a.Mean, b.Mean, 100*a.Mean/max(b.Mean, 1e-9))
		}
		half("mean at most half of the fixed interval's with as many calls, from silence", ours.Silence, same.Silence)
		half("mean at most half of the fixed interval's with as many calls, from within listening", ours.Within, same.Within)
	}
	add(ours.LongestGap <= watched, "never unwatched for more than 5 min", "longest %.0f s", ours.LongestGap)
	if ours.Stated > 0 {
		add(ours.Exceeded == 0, "the worst time until a look that is stated is never exceeded", "%d of %d visits; stated up to %.0f s", ours.Exceeded, ours.Stated, ours.MostStated)
	} else {
		out = append(out, Aim{"the worst time until a look that is stated is never exceeded", "-", "none is stated"})
	}
	for _, s := range r.Stubborn {
		if s.AtMost > 0 {
			add(s.Heard <= s.AtMost, fmt.Sprintf("the stubborn intruder hears at most %.0f s of a minute under %s", s.AtMost, s.Policy),
				"%.1f s; with what plays at volume 0 %.1f s", s.Heard, s.Heard+s.Muted)
		}
		if s.Policy == name+`, pause(every="2s")` {
			add(s.Bound >= 0.9, "90 % of the possible silence against the stubborn intruder", "%.0f %%: he hears %.1f s a minute", 100*s.Bound, s.Heard)
		}
	}
	return out
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}
