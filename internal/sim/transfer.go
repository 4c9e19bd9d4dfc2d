package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Transfer is one request to move the music to another device.
type Transfer struct {
	Time       time.Time
	DeviceID   string // as asked for; several are joined by commas, and refused
	Play       bool   // it shall play there, even if it was paused
	Status     int    // of the answer; 0 = none arrived
	TookEffect bool   // something changed (delayed commands: later)
}

// Transfers is every request to move the music so far, oldest first.
func (a *Account) Transfers() (all []Transfer) {
	a.act(func(time.Time) {
		for _, t := range a.transfers.since(0) {
			all = append(all, *t)
		}
	})
	return all
}

// transferBody is the body of PUT /v1/me/player.
type transferBody struct {
	DeviceIDs []string `json:"device_ids"`
	Play      bool     `json:"play"`
}

// newTransfer is a request's entry in the log; what cannot be read is missing.
func newTransfer(body []byte, now time.Time) *Transfer {
	var in transferBody
	_ = json.Unmarshal(body, &in)
	return &Transfer{Time: now, DeviceID: strings.Join(in.DeviceIDs, ","), Play: in.Play}
}

func (c command) readTransfer(from *call) (command, answer, bool) {
	var in transferBody
	err := json.Unmarshal(from.body, &in)
	switch {
	case err != nil:
		return c, malformedJSON(), false
	case len(in.DeviceIDs) == 0:
		return c, refusal(http.StatusBadRequest, "Required field device_ids missing", ""), false
	case len(in.DeviceIDs) > 1:
		return c, refusal(http.StatusBadRequest, "Can only set 1 device at a time", ""), false
	case in.DeviceIDs[0] == "":
		return c, deviceNotFound(), false
	}
	c.deviceID, c.play = in.DeviceIDs[0], in.Play
	return c, answer{}, true
}

// admitTransfer: an advertisement must be heard where it began.
func (a *Account) admitTransfer() (answer, bool) {
	if a.now.open && a.now.what.disallows()["transferring_playback"] == true {
		return restrictionViolated(), false
	}
	return answer{}, true
}

// takeOver moves what is played to the device, at the point where it is. Without play a pause stays a pause; a
// player that was closed has nothing loaded, so there is nothing to play.
func (a *Account) takeOver(c command, t time.Time) {
	d, listed := a.listed(c.deviceID)
	if !listed {
		return
	}
	p := Playback{Item: Item{Kind: Unknown}}.complete()
	if a.now.open {
		p = a.now.at(t)
	}
	moves := !a.now.open || p.Inactive || !d.same(p.Device)
	starts := c.play && !p.Playing && p.Item.Kind != Unknown
	if !moves && !starts {
		return
	}
	a.wake = time.Time{} // whoever wanted to press play finds the player taken
	if moves && p.Stubborn != nil {
		p.Stubborn = new(time.Duration(0)) // whoever was stubborn was at the other device
	}
	p.Device, p.Inactive, p.Playing = d, false, p.Playing || starts
	a.show(showing{open: true, what: p, since: t, changed: t})
	c.transfer.TookEffect = true
	a.happen(t, Command, "is made to take over "+p.Item.title())
}
