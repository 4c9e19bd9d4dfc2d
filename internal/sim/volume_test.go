package sim

import (
	"testing"
	"time"
)

const volumePath = "/v1/me/player/volume"

func TestVolume(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.a.Play(Device{ID: "k", Name: "Kitchen", NullVolume: true}, soWhat)
		w.a.AddDevice(Device{ID: "b", Name: "Bath"})
		began := w.get("/v1/me/player").at(w.t, "timestamp")
		w.clock.pass(time.Second)
		w.put(volumePath+"?volume_percent=0").want(w.t, 200, "")
		w.put(volumePath+"?volume_percent=100&device_id=b").want(w.t, 200, "")
		same(w.t, "shown", w.get("/v1/me/player").at(w.t, "device", "volume_percent"), 0.0)
		same(w.t, "timestamp", w.get("/v1/me/player").at(w.t, "timestamp"), began)
		list := w.get("/v1/me/player/devices").at(w.t, "devices").([]any)
		same(w.t, "listed", list[0].(map[string]any)["volume_percent"], 0.0)
		same(w.t, "the other", list[1].(map[string]any)["volume_percent"], 100.0)
		news, _ := w.s.Happenings(0)
		same(w.t, "happening", news[len(news)-1].String(), "Kitchen is set to 0 %")
	})
}

func TestRefusedVolume(t *testing.T) {
	cases := map[string]struct {
		shown   Device
		query   string
		status  int
		message string
		reason  any
	}{
		"no value":            {kitchen, "", 400, "Invalid volume_percent", nil},
		"no number":           {kitchen, "?volume_percent=loud", 400, "Invalid volume_percent", nil},
		"too loud":            {kitchen, "?volume_percent=101", 400, "Invalid volume_percent", nil},
		"too quiet":           {kitchen, "?volume_percent=-1", 400, "Invalid volume_percent", nil},
		"unknown":             {kitchen, "?volume_percent=1&device_id=x", 404, "Device not found", nil},
		"nothing active":      {Device{}, "?volume_percent=1", 404, "Player command failed: No active device found", "NO_ACTIVE_DEVICE"},
		"restricted":          {Device{Name: "Sonos", Restricted: true}, "?volume_percent=1", 403, "Player command failed: Restricted device", "UNKNOWN"},
		"no volume":           {Device{Name: "Phone", NoControl: true}, "?volume_percent=1", 403, "Player command failed: Cannot control device volume", "VOLUME_CONTROL_DISALLOW"},
		"no volume elsewhere": {kitchen, "?volume_percent=1&device_id=p", 403, "Player command failed: Cannot control device volume", "VOLUME_CONTROL_DISALLOW"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.a.AddDevice(Device{ID: "p", Name: "Phone", NoControl: true})
			w.a.Play(c.shown, soWhat)
			r := w.put(volumePath + c.query)
			r.want(t, c.status, c.message)
			same(t, "reason", r.at(t, "error", "reason"), c.reason)
		})
	}
}

func TestVolumeObeysAndWaits(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	volume := func() any { t.Helper(); return w.get("/v1/me/player").at(t, "device", "volume_percent") }
	w.a.Play(kitchen, soWhat)
	w.a.Obey(false)
	w.put(volumePath+"?volume_percent=9").want(t, 200, "")
	same(t, "deaf", volume(), 50.0)
	w.a.Obey(true)
	w.s.Fault(Fault{Path: "volume", Kind: KindDelay, Lag: time.Second})
	w.put(volumePath+"?volume_percent=9").want(t, 200, "")
	same(t, "not yet", volume(), 50.0)
	w.clock.pass(time.Second)
	same(t, "now", volume(), 9.0)
	w.put(volumePath+"?volume_percent=8").want(t, 200, "")
	w.a.Stop()
	w.clock.pass(time.Second)
	same(t, "nothing left to turn", w.get("/v1/me/player").status, 204)
}
