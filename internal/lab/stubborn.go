package lab

import (
	"fmt"
	"time"

	"gatefold/engine"
)

// Stubborn is what a stubborn intruder hears under one policy: he alone, for half an hour, and he presses play again
// two seconds after every pause.
type Stubborn struct {
	Policy string  `json:"policy"`
	Heard  float64 `json:"heard_per_minute"` // seconds
	Muted  float64 `json:"muted_per_minute"` // of playing at volume 0, before he turned it up
	Bound  float64 `json:"silence_of_bound"` // his silence, as a share of the greatest that StubbornBound says is possible
	Calls  int     `json:"calls"`
	AtMost float64 `json:"aim,omitempty"` // of Heard; 0: none
}

const stubbornPlays = 30 * time.Minute

// StubbornBound is the greatest silence in 30 s that looks and pauses can reach against somebody who presses play again
// r after every pause, where n calls are allowed in 30 s.
//
// A pause follows a look at most 2 s old that shows him playing, so each look serves the pauses that find him playing
// again within those 2 s: one if r is 2 s or more. That is so for r = 2 s too: a second pause, sent when the look is just
// 2 s old, arrives after he has pressed play only if it travels longer than the first one did, which is as often as not;
// so this call buys r/2, as each call of a pair does. The pauses' answers add nothing: that he plays again is known in
// advance, and a pause without a look is not allowed.
func StubbornBound(r time.Duration, n int) time.Duration {
	const fresh = 2 * time.Second
	if r <= 0 {
		return 0
	}
	pauses := int((fresh + r - 1) / r) // after one look
	calls := 1 + pauses
	bought := n/calls*pauses + max(0, n%calls-1)
	return min(30*time.Second, time.Duration(bought)*r)
}

// StubbornIntruder runs him against the original, gatefold as shipped and with a pause every 2 s, and the others of ours.
func StubbornIntruder(ours []Ours) ([]Stubborn, error) {
	who := &Intruder{Name: "Stubborn", Temper: Presses, After: 2 * time.Second, Devices: []*Device{foreign("Stubborn", 0)}}
	p := Habits(1, 1)
	p.span = 10*time.Minute + stubbornPlays + time.Minute
	s := &Story{Params: p, Owners: []Owner{{Devices: []*Device{{ID: "living", Name: "Living Room", Type: "speaker", Ours: true}}}}}
	s.Sessions = []Session{{Begin: time.Minute, Seed: 2, Deeds: []Deed{{What: deedPlay}, {After: 3 * time.Minute, What: deedStop}}}}
	s.Visits = []Visit{{Begin: 10 * time.Minute, Who: who, Stay: stubbornPlays, Tries: 1 << 30, Patient: stubbornPlays, Burner: true, Seed: 1}}

	quick := func(o Ours) (Ours, error) {
		var err error
		o.Rules, err = pausingEvery(o.Rules, "2s")
		o.Name = o.name() + `, pause(every="2s")`
		return o, err
	}
	makers := []maker{{"original 3s", func() policy { return &original{} }}}
	aims := map[string]float64{}
	for i, o := range ours {
		list := []Ours{o}
		if i == 0 {
			fast, err := quick(o)
			if err != nil {
				return nil, err
			}
			list = append(list, fast)
		}
		for _, o := range list {
			makers = append(makers, maker{o.name(), func() policy { return &daemon{o: o} }})
			aims[o.name()] = o.HeardAtMost
		}
	}
	makers = append(makers, maker{"clairvoyant", func() policy { return &clairvoyant{per30s: 8, perDay: 6000} }})
	var out []Stubborn
	for _, m := range makers {
		rec, err := live(s, false, m.make())
		if err != nil {
			return nil, err
		}
		v := rec.Visits[0]
		lasted := (v.End - v.Begin).Minutes()
		quiet := (v.End - v.Begin - v.Heard - v.Muted).Minutes()
		out = append(out, Stubborn{
			Policy: m.name, Calls: len(rec.Sent), AtMost: aims[m.name],
			Heard: v.Heard.Seconds() / lasted, Muted: v.Muted.Seconds() / lasted,
			Bound: quiet / lasted / (StubbornBound(who.After, 8).Seconds() / 30),
		})
	}
	return out, nil
}

// pausingEvery has home.star pause at another cadence.
func pausingEvery(files engine.Snapshot, every string) (engine.Snapshot, error) {
	if files != nil {
		return files, nil
	}
	return HomeStar(`pause(every = "10s")`, fmt.Sprintf(`pause(every = %q)`, every))
}
