package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// readVolume is for PUT /v1/me/player/volume.
func (c command) readVolume(from *call) (command, answer, bool) {
	percent, err := strconv.Atoi(from.query.Get("volume_percent"))
	if err != nil || percent < 0 || percent > 100 {
		return c, refusal(http.StatusBadRequest, "Invalid volume_percent", ""), false
	}
	c.volume = percent
	return c, answer{}, true
}

func admitVolume(target Device) (answer, bool) {
	if target.NoControl {
		return volumeDisallowed(), false
	}
	return answer{}, true
}

// setVolume turns a device up or down. It is no change of the playback: the timestamp stays.
func (a *Account) setVolume(c command, t time.Time) {
	d, _, ok := a.target(c.deviceID)
	if !ok {
		return
	}
	d.Volume, d.NullVolume = &c.volume, false
	for i := range a.devices {
		if a.devices[i].same(d) {
			a.devices[i] = d
		}
	}
	if a.now.open && a.now.what.Device.same(d) {
		a.now.what.Device = d
		a.happen(t, Command, fmt.Sprintf("is set to %d %%", c.volume))
	}
}
