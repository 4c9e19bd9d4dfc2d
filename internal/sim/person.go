package sim

import (
	"slices"
	"time"
)

// What the people at the player do. All of it runs under the lock, with the account live up to t.

// show replaces what is shown and keeps the past for stale answers.
func (a *Account) show(w showing) {
	const remembered = 64
	a.listen(w)
	a.past = append(a.past, a.now)
	if len(a.past) > remembered {
		a.past = slices.Delete(a.past, 0, len(a.past)-remembered)
	}
	a.now = w
}

// shownAt is what was shown at t, as far back as is remembered.
func (a *Account) shownAt(t time.Time) showing {
	if !t.Before(a.now.since) {
		return a.now
	}
	for _, w := range slices.Backward(a.past) {
		if !t.Before(w.since) {
			return w
		}
	}
	return showing{since: t, changed: t}
}

func (a *Account) set(p Playback, t time.Time) {
	w := replaced(p, t)
	moved := !a.now.open || !a.now.what.Playing || !a.now.what.Device.same(w.what.Device) || a.now.what.Item.URI != w.what.Item.URI
	a.list(w.what.Device)
	a.wake = time.Time{} // whoever wanted to press play finds the player taken
	a.show(w)
	switch {
	case w.what.Playing && moved:
		a.happen(t, Person, "plays "+w.what.Item.title())
	case !w.what.Playing:
		a.happen(t, Person, "shows "+w.what.Item.title()+", paused")
	}
}

func (a *Account) stop(t time.Time) {
	a.wake = time.Time{}
	if !a.now.open {
		return
	}
	gone := a.now.what.Device
	a.happen(t, Person, "closes the player")
	a.devices = slices.DeleteFunc(a.devices, gone.same)
	a.show(showing{since: t, changed: t})
}

func (a *Account) personPauses(t time.Time) {
	a.wake = time.Time{}
	if a.turn(false, t) {
		a.happen(t, Person, "presses pause")
	}
}

func (a *Account) personResumes(t time.Time) {
	a.wake = time.Time{}
	if a.turn(true, t) {
		a.happen(t, Person, "presses play")
	}
}

// turn makes the player play or pause, and reports whether that changed anything.
func (a *Account) turn(playing bool, t time.Time) bool {
	if !a.now.open || a.now.what.Playing == playing {
		return false
	}
	p := a.now.at(t)
	p.Playing = playing
	a.show(showing{open: true, what: p, since: t, changed: t})
	return true
}

// move carries what is played over to another device, at the point where it is.
func (a *Account) move(d Device, t time.Time) {
	a.wake = time.Time{}
	if !a.now.open {
		a.set(Playback{Playing: true, Device: d, Obeys: new(true)}, t)
		return
	}
	p := a.now.at(t)
	p.Device, p.Inactive = d.complete(), false
	p.Obeys, p.Stubborn = new(true), new(time.Duration(0)) // whoever was stubborn was at the other device
	a.list(p.Device)
	a.show(showing{open: true, what: p, since: t, changed: t})
	a.happen(t, Person, "takes over "+p.Item.title())
}

func (a *Account) skip(t time.Time) {
	if !a.now.open {
		return
	}
	p := a.now.what
	p.Item, p.Progress, p.Playing, p.Context, p.Ghost = following(p.Item), 0, true, "", false
	a.wake = time.Time{}
	a.show(showing{open: true, what: p, since: t, changed: t})
	a.happen(t, Person, "skips to "+p.Item.title())
}

// setStubborn holds from now on, for what is shown too.
func (a *Account) setStubborn(after time.Duration) {
	a.stubborn, a.obeys = after, true
	a.now.what.Stubborn = nil
	if after == 0 {
		a.wake = time.Time{}
	}
}

func (a *Account) changeDeviceID(id string, t time.Time) {
	if !a.now.open || a.now.what.Device.NullID || a.now.what.Device.none() {
		return
	}
	p := a.now.at(t)
	old := p.Device
	if id == "" {
		id = deviceID(old.Type, old.ID)
	}
	p.Device.ID = id
	a.devices = slices.DeleteFunc(a.devices, old.same)
	a.list(p.Device)
	w := a.now
	w.what, w.since = p, t
	a.show(w)
	a.happen(t, Person, "comes back under another id")
}

// list remembers a device for the list of devices and for commands that name it.
func (a *Account) list(d Device) {
	if d.none() {
		return
	}
	if i := slices.IndexFunc(a.devices, d.same); i >= 0 {
		a.devices[i] = d
		return
	}
	a.devices = append(a.devices, d)
}
