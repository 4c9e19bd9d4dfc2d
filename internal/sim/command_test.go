package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const pausePath = "/v1/me/player/pause"

func TestPause(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.a.Play(kitchen, soWhat)
		id := deviceID("speaker", "Kitchen")
		r := w.put(pausePath + "?device_id=" + id)
		if r.status != 200 || r.body == "" || json.Valid([]byte(r.body)) {
			w.t.Fatalf("%+v, want 200 and a body that is not JSON", r)
		}
		same(w.t, "is_playing", w.get("/v1/me/player").at(w.t, "is_playing"), false)
		again := w.put(pausePath + "?device_id=" + id)
		again.want(w.t, 403, "Player command failed: Restriction violated")
		same(w.t, "reason", again.at(w.t, "error", "reason"), "UNKNOWN")
		want := []Pause{{w.clock.now(), id, 200, true}, {w.clock.now(), id, 403, false}}
		if got := w.a.Pauses(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			w.t.Errorf("pauses %+v, want %+v", got, want)
		}
	})
}

func TestPauseOfWhatCannotBePaused(t *testing.T) {
	cases := map[string]struct {
		shown   Playback
		closed  bool
		query   string
		status  int
		message string
		reason  any
	}{
		"nothing active":        {closed: true, status: 404, message: "Player command failed: No active device found", reason: "NO_ACTIVE_DEVICE"},
		"device not active":     {shown: Playback{Playing: true, Device: kitchen, Inactive: true}, status: 404, message: "Player command failed: No active device found", reason: "NO_ACTIVE_DEVICE"},
		"unknown device":        {shown: Playback{Playing: true, Device: kitchen}, query: "?device_id=nonsense", status: 404, message: "Device not found"},
		"None as a device":      {shown: Playback{Playing: true, Device: Device{Name: "Sonos", NullID: true, Restricted: true}}, query: "?device_id=None", status: 404, message: "Device not found"},
		"restricted":            {shown: Playback{Playing: true, Device: Device{ID: "x", Name: "Sonos", Restricted: true}}, query: "?device_id=x", status: 403, message: "Player command failed: Restricted device", reason: "UNKNOWN"},
		"restricted without id": {shown: Playback{Playing: true, Device: Device{Name: "Sonos", NullID: true, Restricted: true}}, status: 403, message: "Player command failed: Restricted device", reason: "UNKNOWN"},
		"another that is paused": {shown: Playback{Device: kitchen}, query: "?device_id=guest", status: 403,
			message: "Player command failed: Restriction violated", reason: "UNKNOWN"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.a.AddDevice(Device{ID: "guest", Name: "Guest"})
			if !c.closed {
				w.a.Set(c.shown)
			}
			r := w.put(pausePath + c.query)
			r.want(t, c.status, c.message)
			same(t, "reason", r.at(t, "error", "reason"), c.reason)
		})
	}
}

func TestPauseOfTheWrongDeviceDoesNothing(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(laptop, soWhat)
	w.a.Play(kitchen, soWhat)
	w.put(pausePath+"?device_id="+deviceID("computer", "Bob's Laptop")).want(t, 200, "")
	same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), true)
	same(t, "effect", w.a.Pauses()[0].TookEffect, false)
}

func TestGoneDeviceThatIsStillShown(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(Device{ID: "tab", Name: "Web Player (Chrome)"}, soWhat)
	w.a.RemoveDevice("tab")
	w.put(pausePath+"?device_id=tab").want(t, 404, "Device not found")
	same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), true)
}

func TestWhoDoesNotObey(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	playing := func() any { t.Helper(); return w.get("/v1/me/player").at(t, "is_playing") }
	w.a.Obey(false)
	w.a.Play(kitchen, soWhat)
	w.put(pausePath).want(t, 200, "")
	same(t, "deaf account", playing(), true)
	w.a.Set(Playback{Playing: true, Device: kitchen, Obeys: new(true)})
	w.put(pausePath).want(t, 200, "")
	same(t, "obedient playback", playing(), false)
	w.a.Obey(true)
	w.a.Set(Playback{Playing: true, Device: kitchen, Obeys: new(false)})
	w.put(pausePath).want(t, 200, "")
	same(t, "deaf playback", playing(), true)
}

func TestStubborn(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Obey(false)
	w.a.Set(Playback{Playing: true, Device: laptop, Stubborn: new(2 * time.Second)})
	playing := func() any { t.Helper(); return w.get("/v1/me/player").at(t, "is_playing") }
	for range 3 {
		w.put(pausePath).want(t, 200, "")
		w.clock.pass(1999 * time.Millisecond)
		same(t, "before he presses play", playing(), false)
		w.clock.pass(time.Second)
		same(t, "afterwards", playing(), true)
		r := w.get("/v1/me/player")
		same(t, "pressed at", r.at(t, "timestamp"), float64(w.clock.now().Add(-999*time.Millisecond).UnixMilli()))
	}
	w.put(pausePath).want(t, 200, "")
	w.a.Stubborn(0)
	w.clock.pass(time.Hour)
	same(t, "after he gave up", playing(), false)
	w.a.Resume()
	w.put(pausePath).want(t, 200, "")
	w.clock.pass(time.Hour)
	same(t, "once he gave up", playing(), false)
}

func TestStubbornFindsThePlayerTaken(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Stubborn(2 * time.Second)
	w.a.Play(laptop, soWhat)
	w.put(pausePath).want(t, 200, "")
	w.a.Set(Playback{Device: kitchen})
	w.clock.pass(time.Minute)
	r := w.get("/v1/me/player")
	same(t, "device", r.at(t, "device", "name"), "Kitchen")
	same(t, "is_playing", r.at(t, "is_playing"), false)
}

func TestPersonWhoPausesIsNotStubborn(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Stubborn(2 * time.Second)
	w.a.Play(laptop, soWhat)
	w.a.PausePlayback()
	w.clock.pass(time.Minute)
	same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), false)
}

func TestPlayCommand(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	w.put("/v1/me/player/play").want(t, 403, "Player command failed: Restriction violated")
	w.a.PausePlayback()
	w.put("/v1/me/player/play").want(t, 200, "")
	same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), true)
}

func TestPutWithoutContentLength(t *testing.T) {
	w := newWorld(t, SpotifyOptions{}).overHTTP()
	w.a.Play(kitchen, soWhat)
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", pausePath, w.token)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "status", resp.StatusCode, 411)

	for _, body := range []io.Reader{io.MultiReader(strings.NewReader("x")), struct{ io.Reader }{strings.NewReader("")}} {
		m := newWorld(t, SpotifyOptions{}) // of unknown length: chunked
		req, _ := http.NewRequestWithContext(t.Context(), "PUT", m.base+pausePath, body)
		req.Header.Set("Authorization", "Bearer "+m.token)
		same(t, "status", do(m.client, req).status, 411)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		for _, ask := range [][2]string{{"GET", "/"}, {"GET", "/v1/me/player/pause"}, {"POST", "/v1/me/player"}, {"GET", "/v1/me/player/"}, {"GET", "/api/token"}, {"POST", "/v1/me"}} {
			w.ask(w.t.Context(), ask[0], ask[1]).want(w.t, 404, "Service not found")
		}
	})
}

func TestRequestsAreLogged(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.get("/v1/me/player?additional_types=track")
	w.clock.pass(time.Second)
	w.token = ""
	w.put(pausePath)
	got := w.s.Requests()
	want := []Request{
		{w.clock.now().Add(-time.Second), "GET", "/v1/me/player", "additional_types=track", "home", 204},
		{w.clock.now(), "PUT", pausePath, "", "", 401},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, want %+v", got, want)
	}
}
