package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const recentPath = "/v1/me/player/recently-played"

// recently is the history as an answer tells it: each track with the time when it ended, since the clock's beginning.
func (w *world) recently(query string) string {
	w.t.Helper()
	r := w.get(recentPath + query)
	r.want(w.t, 200, "")
	var all []string
	for _, i := range r.at(w.t, "items").([]any) {
		item := i.(map[string]any)
		at, err := time.Parse("2006-01-02T15:04:05.000Z", item["played_at"].(string))
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%v %v", item["track"].(map[string]any)["name"], at.Sub(newManual().now())))
	}
	return strings.Join(all, ", ")
}

func TestRecentlyPlayed(t *testing.T) {
	minute := Item{Name: "Short", Duration: time.Minute}
	cases := map[string]struct {
		live func(w *world)
		want string
	}{
		"nothing":          {func(w *world) {}, ""},
		"what still plays": {func(w *world) { w.a.Play(kitchen, soWhat); w.clock.pass(time.Minute) }, ""},
		"one that ended":   {func(w *world) { w.a.Play(kitchen, minute); w.clock.pass(61 * time.Second) }, "Short 1m0s"},
		"left after 30 s":  {func(w *world) { w.a.Play(kitchen, soWhat); w.clock.pass(30 * time.Second); w.a.Stop() }, "So What 30s"},
		"left before":      {func(w *world) { w.a.Play(kitchen, soWhat); w.clock.pass(29 * time.Second); w.a.Stop() }, ""},
		"left for another": {func(w *world) { w.a.Play(kitchen, soWhat); w.clock.pass(40 * time.Second); w.a.Play(kitchen, minute) }, "So What 40s"},
		"begun anew":       {func(w *world) { w.a.Play(kitchen, soWhat); w.clock.pass(40 * time.Second); w.a.Play(kitchen, soWhat) }, "So What 40s"},
		"only the end was heard": {func(w *world) {
			w.a.Set(Playback{Playing: true, Device: kitchen, Item: minute, Progress: 59 * time.Second})
			w.clock.pass(2 * time.Second)
		}, "Short 1s"},
		"episode":    {func(w *world) { w.a.Play(kitchen, Item{Kind: Episode}); w.clock.pass(time.Minute); w.a.Stop() }, ""},
		"ad":         {func(w *world) { w.a.Play(kitchen, Item{Kind: Ad}); w.clock.pass(time.Minute); w.a.Stop() }, ""},
		"local file": {func(w *world) { w.a.Play(kitchen, Item{Kind: Local}); w.clock.pass(time.Minute); w.a.Stop() }, ""},
		"frozen": {func(w *world) {
			w.a.Set(Playback{Playing: true, Device: kitchen, Frozen: true})
			w.clock.pass(time.Hour)
			w.a.Stop()
		}, ""},
		"set but never played": {func(w *world) { w.a.Set(Playback{Device: kitchen, Item: soWhat}); w.clock.pass(time.Hour); w.a.Stop() }, ""},
		"one, and then it stopped": {func(w *world) {
			w.a.Set(Playback{Playing: true, Device: kitchen, Item: minute, Single: true})
			w.clock.pass(time.Hour)
			w.a.Stop()
		}, "Short 1m0s"},
		"in two parts": {func(w *world) {
			w.a.Play(kitchen, soWhat)
			w.clock.pass(20 * time.Second)
			w.a.PausePlayback()
			w.clock.pass(time.Hour)
			w.a.ChangeDeviceID("")
			w.a.Resume()
			w.clock.pass(10 * time.Second)
			w.a.Stop()
		}, "So What 1h0m30s"},
		"moved meanwhile": {func(w *world) {
			w.a.Play(kitchen, soWhat)
			w.a.AddDevice(laptop)
			w.clock.pass(20 * time.Second)
			w.send("PUT", "/v1/me/player", `{"device_ids":["`+deviceID("computer", "Bob's Laptop")+`"]}`)
			w.clock.pass(20 * time.Second)
			w.a.Stop()
		}, "So What 40s"},
		"one after the other": {func(w *world) { w.a.Play(kitchen, minute); w.clock.pass(11 * time.Minute); w.a.Stop() }, "Blue Train 11m0s, So What 10m22s, Short 1m0s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			c.live(w)
			same(t, "history", w.recently(""), c.want)
		})
	}
}

// fiveTracks ended at 30 s, 1m, 1m30s, 2m and 2m30s.
func fiveTracks(t *testing.T) *world {
	w := newWorld(t, SpotifyOptions{})
	for i := range 6 {
		w.a.Play(kitchen, Item{Name: fmt.Sprint(i)})
		w.clock.pass(30 * time.Second)
	}
	return w
}

func TestPagesOfTheHistory(t *testing.T) {
	w := fiveTracks(t)
	at := func(d time.Duration) string { return fmt.Sprint(newManual().now().Add(d).UnixMilli()) }
	cases := map[string]struct{ query, want, next, after, before string }{
		"all":           {"", "4 2m30s, 3 2m0s, 2 1m30s, 1 1m0s, 0 30s", "", at(150 * time.Second), at(30 * time.Second)},
		"the newest":    {"?limit=2", "4 2m30s, 3 2m0s", recentPage + "?before=" + at(2*time.Minute) + "&limit=2", at(150 * time.Second), at(2 * time.Minute)},
		"the next":      {"?limit=2&before=" + at(2*time.Minute), "2 1m30s, 1 1m0s", recentPage + "?before=" + at(time.Minute) + "&limit=2", at(90 * time.Second), at(time.Minute)},
		"the last":      {"?limit=2&before=" + at(time.Minute), "0 30s", "", at(30 * time.Second), at(30 * time.Second)},
		"what is newer": {"?after=" + at(2*time.Minute), "4 2m30s", "", at(150 * time.Second), at(150 * time.Second)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			same(t, "tracks", w.recently(c.query), c.want)
			r := w.get(recentPath + c.query)
			if next, _ := r.at(t, "next").(string); next != c.next {
				t.Errorf("next %q, want %q", next, c.next)
			}
			same(t, "after", r.at(t, "cursors", "after"), c.after)
			same(t, "before", r.at(t, "cursors", "before"), c.before)
		})
	}
	r := w.get(recentPath + "?limit=50&after=" + at(time.Hour))
	same(t, "href of nothing", r.at(t, "href"), recentPage+"?after="+at(time.Hour)+"&limit=50")
	same(t, "cursors of nothing", r.at(t, "cursors"), nil)
}

func TestWrongPagesOfTheHistory(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	for query, want := range map[string]string{"?limit=0": "Invalid limit", "?limit=51": "Invalid limit", "?limit=x": "Invalid limit", "?limit=": "Invalid limit",
		"?after=x": "Invalid after", "?before=-1": "Invalid before", "?after=1&before=2": "Only one of after and before can be given"} {
		w.get(recentPath+query).want(t, 400, want)
	}
}

func TestHistoryIsBoundedAndLate(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	w.clock.pass(1000 * time.Hour)
	w.get(recentPath)
	same(t, "kept", len(w.a.history), mostPlays)

	late := fiveTracks(t)
	late.s.Fault(Fault{Path: "recent", Kind: KindStale, Lag: 50 * time.Second})
	same(t, "late", late.recently("?limit=1"), "3 2m0s")
}

// What a track looks like in the history is what it looks like in the player.
func TestShapeOfTheHistory(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	w.clock.pass(time.Minute)
	playing := w.get("/v1/me/player").at(t).(map[string]any)
	w.a.Set(Playback{Playing: true, Device: kitchen, Item: Item{Name: "Alexa's"}, Context: AbsentContext})
	w.clock.pass(time.Minute)
	w.a.Stop()
	items := w.get(recentPath).at(t, "items").([]any)
	if context, there := items[0].(map[string]any)["context"]; !there || context != nil {
		t.Errorf("context %v, want null", context)
	}
	was := items[1].(map[string]any)
	same(t, "track", fmt.Sprint(was["track"]), fmt.Sprint(playing["item"]))
	same(t, "context", fmt.Sprint(was["context"]), fmt.Sprint(playing["context"]))
}
