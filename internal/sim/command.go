package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"time"
)

// command is PUT /v1/me/player/pause and /play.
func (a *Account) command(c *call) answer {
	if !c.sized {
		return textAnswer(http.StatusLengthRequired, "")
	}
	wanted := command{at: c.now, play: c.path == pathPlay, deviceID: c.query.Get("device_id"), pause: c.pause}
	refused, ok := a.admit(wanted)
	if !ok {
		return refused
	}
	a.s.commands++
	wanted.at = c.now.Add(c.fault.lag(a.s.commands))
	if wanted.at.After(c.now) {
		a.pending = append(a.pending, wanted)
	} else {
		a.effect(wanted, c.now)
	}
	return textAnswer(http.StatusOK, opaque(a.s.commands))
}

// admit decides whether a command is accepted. Accepted does not mean that it has an effect: the
// player may not obey, and a listed device that is not the one shown has nothing to pause.
func (a *Account) admit(c command) (answer, bool) {
	shown := a.now.what.Device
	named := a.now.open && c.deviceID == shown.ID
	switch {
	case c.deviceID == "" && (!a.now.open || shown.none() || a.now.what.Inactive):
		return noActiveDevice(), false
	case c.deviceID != "" && !a.lists(c.deviceID):
		return deviceNotFound(), false
	case c.deviceID != "" && !named:
		return a.admitElsewhere(c)
	case shown.Restricted:
		return restrictedDevice(), false
	case a.now.what.Playing == c.play:
		return restrictionViolated(), false
	}
	return answer{}, true
}

// admitElsewhere is for a listed device other than the one shown. Where nothing plays at all there is nothing to pause.
func (a *Account) admitElsewhere(c command) (answer, bool) {
	i := slices.IndexFunc(a.devices, func(d Device) bool { return d.ID == c.deviceID })
	switch {
	case a.devices[i].Restricted:
		return restrictedDevice(), false
	case !c.play && (!a.now.open || !a.now.what.Playing):
		return restrictionViolated(), false
	}
	return answer{}, true
}

func (a *Account) lists(id string) bool {
	return slices.ContainsFunc(a.devices, func(d Device) bool { return d.ID == id && !d.NullID })
}

// lag is how long the nth command takes to have an effect: what the fault says, else 0 to 3 s, spread evenly.
func (f Fault) lag(n int) time.Duration {
	switch {
	case f.Kind != KindDelay:
		return 0
	case f.Lag > 0:
		return f.Lag
	}
	return time.Duration(n*7%31) * 100 * time.Millisecond
}

// opaque is the body of a command's success: short, not JSON, never the same.
func opaque(n int) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("command"), uint64(n)))
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}
