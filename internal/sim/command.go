package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"time"
)

// command is a request that wants the player to do something. Once accepted it may have to wait for its time.
type command struct {
	at       time.Time
	what     string    // pathPause, pathPlay, pathTransfer or pathVolume
	deviceID string    // "" = whatever is active then
	play     bool      // of a transfer: the music plays afterwards
	volume   int       // percent
	pause    *Pause    // the log entry of the request it came from
	transfer *Transfer // likewise
}

// command is PUT /v1/me/player and what lies below it.
func (a *Account) command(c *call) answer {
	if !c.sized {
		return lengthRequired()
	}
	wanted, refused, ok := c.command()
	if !ok {
		return refused
	}
	if refused, ok := a.admit(wanted); !ok {
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

// command reads what the request wants.
func (c *call) command() (command, answer, bool) {
	wanted := command{what: c.path, deviceID: c.query.Get("device_id"), pause: c.pause, transfer: c.transfer}
	switch c.path {
	case pathTransfer:
		return wanted.readTransfer(c)
	case pathVolume:
		return wanted.readVolume(c)
	}
	return wanted, answer{}, true
}

// admit decides whether a command is accepted. Accepted does not mean that it has an effect: the
// player may not obey, and a listed device that is not the one shown has nothing to pause.
func (a *Account) admit(c command) (answer, bool) {
	target, refused, ok := a.target(c.deviceID)
	switch {
	case !ok:
		return refused, false
	case target.Restricted:
		return restrictedDevice(), false
	}
	shown := a.now.open && target.same(a.now.what.Device)
	switch c.what {
	case pathTransfer:
		return a.admitTransfer()
	case pathVolume:
		return admitVolume(target)
	case pathPause:
		if !a.now.open || !a.now.what.Playing { // another device has nothing to pause either
			return restrictionViolated(), false
		}
	case pathPlay:
		if shown && a.now.what.Playing {
			return restrictionViolated(), false
		}
	}
	return answer{}, true
}

// target is the device that a command means.
func (a *Account) target(id string) (Device, answer, bool) {
	if id == "" {
		shown := a.now.what.Device
		if !a.now.open || shown.none() || a.now.what.Inactive {
			return Device{}, noActiveDevice(), false
		}
		return shown, answer{}, true
	}
	d, listed := a.listed(id)
	if !listed {
		return Device{}, deviceNotFound(), false
	}
	return d, answer{}, true
}

// listed is the device on the list that has this id, which may not be "": that is what those without one have.
func (a *Account) listed(id string) (Device, bool) {
	i := slices.IndexFunc(a.devices, func(d Device) bool { return d.ID == id })
	if i < 0 {
		return Device{}, false
	}
	return a.devices[i], true
}

// effect is what a command does, if the player obeys.
func (a *Account) effect(c command, t time.Time) {
	if !a.isObedient() {
		return
	}
	switch c.what {
	case pathTransfer:
		a.takeOver(c, t)
	case pathVolume:
		a.setVolume(c, t)
	default:
		a.press(c, t)
	}
}

// press pauses or plays the device that is shown. On another one there is nothing to press.
func (a *Account) press(c command, t time.Time) {
	play := c.what == pathPlay
	if c.deviceID != "" && c.deviceID != a.now.what.Device.ID || !a.turn(play, t) {
		return
	}
	if play {
		a.happen(t, Command, "is made to play")
		return
	}
	c.pause.TookEffect = true
	a.happen(t, Command, "is paused")
	if again := a.stubbornness(); again > 0 {
		a.wake = t.Add(again)
	}
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
