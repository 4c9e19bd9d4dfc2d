package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the demo promises: the family first, an intruder within ten seconds who insists and gives up, an ad, an
// episode, a second intruder, a 429 of 15 s; and again.
func TestHousehold(t *testing.T) {
	script := Household()
	same(t, "period", script.Repeat, 5*time.Minute)
	if got := script.Accounts(); !slices.Equal(got, []string{"home"}) {
		t.Fatalf("accounts %v", got)
	}
	w := newWorld(t, SpotifyOptions{})
	w.s.Follow(script, w.clock.now())
	seen := map[string]bool{}
	for second := range 600 {
		r := w.get("/v1/me/player?additional_types=track,episode")
		device := fmt.Sprint(r.status)
		if r.status == 200 {
			device = r.at(t, "device", "name").(string)
			seen[r.at(t, "currently_playing_type").(string)] = true
		}
		seen[device] = true
		if second%300 == 9 {
			same(t, "intruder", device, "Bob's Laptop")
		}
		if device == "Bob's Laptop" || device == "Web Player (Chrome)" {
			w.put(pausePath + "?device_id=" + r.at(t, "device", "id").(string))
		}
		w.clock.pass(time.Second)
	}
	for _, want := range []string{"Living Room", "Kitchen", "Bob's Laptop", "Web Player (Chrome)", "204", "429", "ad", "episode", "track"} {
		if !seen[want] {
			t.Errorf("never saw %s", want)
		}
	}
	took := 0
	for _, p := range w.a.Pauses() {
		if p.TookEffect {
			took++
		}
	}
	if took < 20 {
		t.Errorf("%d pauses took effect in two rounds: the intruders do not insist", took)
	}
}

func TestHappenings(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.s.Follow(mustParse(t, `
at 0s   home plays "Blue Train" by "John Coltrane" on "Bob's Laptop" stubborn 2s
at 5s   home moves to "Kitchen" (speaker)
at 6s   home skips
at 7s   home pauses
at 8s   spotify fails 429 for 15s
at 9s   home changes id
at 10s  home stops
`), w.clock.now())
	w.clock.pass(time.Second)
	w.put(pausePath)
	first, n := w.s.Happenings(0)
	w.clock.pass(time.Minute)
	rest, n := w.s.Happenings(n)
	var got []string
	for _, h := range append(first, rest...) {
		got = append(got, fmt.Sprintf("%s %s: %s", h.Time.Sub(w.clock.now().Add(-61*time.Second)), h.By, h))
	}
	want := []string{
		`0s person: Bob's Laptop plays "Blue Train" by John Coltrane`,
		`1s command: Bob's Laptop is paused`,
		`3s person: Bob's Laptop presses play`,
		`5s person: Kitchen takes over "Blue Train" by John Coltrane`,
		`6s person: Kitchen skips to "Take Five" by The Dave Brubeck Quartet`,
		`7s person: Kitchen presses pause`,
		`8s service: Spotify fails 429 for 15s`,
		`9s person: Kitchen comes back under another id`,
		`10s person: Kitchen closes the player`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if more, _ := w.s.Happenings(n); len(more) != 0 {
		t.Errorf("the same again: %v", more)
	}
}

func TestRecordForgetsTheOldest(t *testing.T) {
	var l record[int]
	for i := range recorded + 10 {
		l.add(i)
	}
	all := l.since(0)
	same(t, "count", l.count, recorded+10)
	if len(all) > recorded || all[len(all)-1] != recorded+9 || all[0] != l.count-len(all) {
		t.Errorf("%d entries from %d to %d", len(all), all[0], all[len(all)-1])
	}
	if tail := l.since(recorded + 8); len(tail) != 2 || tail[0] != recorded+8 {
		t.Errorf("tail %v", tail)
	}
}
