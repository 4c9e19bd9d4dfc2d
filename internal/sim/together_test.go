package sim

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Everything at once, for the race detector; what must still be true afterwards is checked.
func TestEverythingAtOnce(t *testing.T) {
	bothWays(t, SpotifyOptions{Rotate: true, Per30s: 1000, PerDay: 100_000}, func(w *world) {
		w.s.Follow(Household(), w.clock.now())
		slack := NewSlack(SlackOptions{Now: w.clock.now})
		other := w.s.AddAccount("other", AccountOptions{})
		post := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": slack})}
		jobs := []func(int){
			func(int) { w.get("/v1/me/player"); w.get("/v1/me/player/devices"); w.get("/v1/me") },
			func(int) { w.put(pausePath); w.put("/v1/me/player/play") },
			func(i int) { w.refresh("refresh-other"); w.refresh(fmt.Sprintf("refresh-other-%d", i)) },
			func(int) {
				w.send("PUT", "/v1/me/player", `{"device_ids":["x"]}`)
				w.put("/v1/me/player/volume?volume_percent=5")
				w.get("/v1/me/player/recently-played")
				w.send("POST", "/v1/playlists/mix/items", `{"uris":["`+tune(1)+`"]}`)
			},
			func(int) { w.exchange(codeOf(w.t, w.visit(nil)), nil) },
			func(int) {
				w.a.AddPlaylist("mix", true)
				w.a.Playlist("mix")
				w.a.Snapshots("mix")
				w.a.Transfers()
				other.Login()
				other.RotateNext()
				w.a.AtBrowser()
				w.a.Agree(true)
			},
			func(i int) {
				other.Play(Device{Name: fmt.Sprint(i)}, Item{})
				other.Stubborn(time.Second)
				other.Stop()
			},
			func(int) { other.Playback(); other.Pauses(); w.a.Pauses(); w.s.Requests(); w.s.Happenings(0) },
			func(int) { w.s.Fault(Fault{Path: "me", Kind: KindStatus, Times: 1}); w.clock.pass(time.Second) },
			func(i int) { w.s.AddAccount(fmt.Sprint("extra-", i), AccountOptions{}); w.s.Account("extra-0") },
			func(int) {
				post.PostForm("https://slack.com/api/chat.postMessage", map[string][]string{"token": {"x"}, "channel": {"c"}, "text": {"t"}})
			},
		}
		const rounds = 30
		var wg sync.WaitGroup
		for _, job := range jobs {
			wg.Go(func() {
				for i := range rounds {
					job(i)
				}
			})
		}
		wg.Wait()
		same(w.t, "requests", len(w.s.Requests()), rounds*(3+2+2+4+2))
		same(w.t, "pauses", len(w.a.Pauses()), rounds)
		same(w.t, "transfers", len(w.a.Transfers()), rounds)
		stamps := map[string]bool{}
		for _, m := range slack.Messages() {
			stamps[m.TS] = true
		}
		same(w.t, "distinct messages", len(stamps), rounds)
	})
}

// The same calls at the same times give the same answers.
func TestDeterminism(t *testing.T) {
	live := func() (all string) {
		w := newWorld(t, SpotifyOptions{Rotate: true})
		w.s.Follow(Household(), w.clock.now())
		w.s.Fault(Fault{Kind: KindDelay})
		for range 200 {
			r, p := w.get("/v1/me/player"), w.put(pausePath)
			all += r.body + p.body + w.visit(nil).header.Get("Location") + w.get("/v1/me/player/recently-played").body
			w.clock.pass(2700 * time.Millisecond)
		}
		happened, _ := w.s.Happenings(0)
		return all + w.refresh("refresh-home").body + fmt.Sprint(happened, w.a.Pauses())
	}
	if first, second := live(), live(); first != second {
		t.Error("two lives differ")
	}
}
