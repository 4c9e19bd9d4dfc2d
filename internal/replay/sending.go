package replay

import (
	"regexp"
	"slices"
	"time"

	"gatefold/engine"
)

// sending tells which calls would have been carried out: not those under their throttle, nor those that repeat what the
// turn before of the same kind asked for.
type sending struct {
	throttle map[string]time.Time
	repeats  map[string][]string
}

func newSending() sending {
	return sending{throttle: map[string]time.Time{}, repeats: map[string][]string{}}
}

// keptThrottles is how many of them are kept before those of yesterday go.
const keptThrottles = 4096

// once is a call that is to happen once. Of one that is recorded the key is not known: then it is the text.
type once struct {
	text, key string
	every     time.Duration
}

func onceOf(effects []engine.Effect) []once {
	out := make([]once, len(effects))
	for i, e := range effects {
		out[i] = once{e.String(), e.Key, e.Every}
	}
	return out
}

var everyIn = regexp.MustCompile(`every="([^"]+)"`)

func recordedOnce(calls []string) []once {
	out := make([]once, len(calls))
	for i, call := range calls {
		out[i] = once{text: call, key: call}
		if found := everyIn.FindStringSubmatch(call); found != nil {
			out[i].every, _ = time.ParseDuration(found[1])
		}
	}
	return out
}

// messages counts those that are carried out and tell somebody something.
func (s sending) messages(ev engine.Event, calls []once) (n int) {
	repeated := ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind
	var asked []string
	for _, c := range calls {
		if c.every > 0 && c.key != "" {
			if last, ok := s.throttle[c.key]; ok && ev.Time.Sub(last) < c.every {
				continue
			}
			s.throttle[c.key] = ev.Time
		} else if repeated {
			asked = append(asked, c.text)
			if slices.Contains(s.repeats[ev.Kind], c.text) {
				continue
			}
		}
		if isMessage(callName(c.text)) {
			n++
		}
	}
	if repeated {
		s.repeats[ev.Kind] = asked
	}
	if len(s.throttle) > keptThrottles {
		for key, at := range s.throttle {
			if ev.Time.Sub(at) > 24*time.Hour {
				delete(s.throttle, key)
			}
		}
	}
	return n
}
