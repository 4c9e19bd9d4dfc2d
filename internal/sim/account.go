package sim

import (
	"slices"
	"time"
)

// AccountOptions describe one person's account; every field may be left out.
type AccountOptions struct {
	RefreshToken string    // "" = "refresh-" and the account's name
	UserID       string    // "" = the account's name
	DisplayName  string    // "" = the account's name
	AccountID    string    // the stable id of GET /v1/me; "" = derived from the UserID
	AuthorizedAt time.Time // when its owner logged in; zero = when it was added
	Scopes       []string  // what the owner allowed then, and allows in Login; nil = everything
	Obeys        bool      // whether pause and play commands have an effect
}

// Account is one person's account with its player.
type Account struct {
	s    *Spotify
	name string
	o    AccountOptions

	// All below is guarded by s.mu.
	grant      *grant // of the newest login
	refreshes  int    // how many refresh tokens it ever had
	rotateNext bool
	refuses    bool // its owner, asked by an app
	obeys      bool
	stubborn   time.Duration
	now        showing
	drawn      [2]drawing    // the newest answer: paused, playing
	past       []showing     // oldest first, for stale answers
	heard      time.Duration // how long what is shown was listened to, up to now.since
	history    []play        // oldest first
	devices    []Device      // listed, in order of appearance
	wake       time.Time     // when whoever was paused presses play again; zero = never
	pending    []command     // accepted, not yet in effect
	pauses     record[*Pause]
	transfers  record[*Transfer]
}

// Pause is one request to pause.
type Pause struct {
	Time       time.Time
	DeviceID   string // as asked for; "" = the active device
	Status     int    // of the answer; 0 = none arrived
	TookEffect bool   // something that was playing fell silent (delayed commands: later)
}

// AddAccount adds an account with a closed player, or returns the one that has this name.
func (s *Spotify) AddAccount(name string, o AccountOptions) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addAccount(name, o)
}

func (s *Spotify) addAccount(name string, o AccountOptions) *Account {
	if a, ok := s.accounts[name]; ok {
		return a
	}
	now := s.clock()
	if o.RefreshToken == "" {
		o.RefreshToken = "refresh-" + name
	}
	if o.UserID == "" {
		o.UserID = name
	}
	if o.DisplayName == "" {
		o.DisplayName = name
	}
	if o.AuthorizedAt.IsZero() {
		o.AuthorizedAt = now
	}
	if o.AccountID == "" {
		o.AccountID = spotifyID("account", o.UserID)
	}
	a := &Account{s: s, name: name, o: o, obeys: o.Obeys, now: showing{since: now, changed: now}}
	s.accounts[name] = a
	s.order = append(s.order, a)
	a.newGrant(o.AuthorizedAt, o.scopes())
	return a
}

// Account returns the account with this name, or nil.
func (s *Spotify) Account(name string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[name]
}

// Name is the account's name.
func (a *Account) Name() string { return a.name }

// act runs one deed of a person at the present moment.
func (a *Account) act(deed func(now time.Time)) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	now := a.s.live()
	a.live(now)
	deed(now)
}

// Play makes the device start the item at its beginning; it becomes the active device.
func (a *Account) Play(device Device, item Item) {
	a.Set(Playback{Playing: true, Device: device, Item: item})
}

// Set makes the player show exactly this from now on. Progress advances while it plays, and a
// track that ends is followed by another one, unless the playback says otherwise.
func (a *Account) Set(p Playback) {
	a.act(func(now time.Time) { a.set(p, now) })
}

// Stop closes the player: 204 from now on, and its device is no longer listed.
func (a *Account) Stop() { a.act(a.stop) }

// PausePlayback is a press on pause by the person.
func (a *Account) PausePlayback() { a.act(a.personPauses) }

// Resume is a press on play by the person.
func (a *Account) Resume() { a.act(a.personResumes) }

// Playback is what the player shows now; false if it is closed.
func (a *Account) Playback() (p Playback, ok bool) {
	a.act(func(now time.Time) { p, ok = a.now.at(now), a.now.open })
	p.Item.Artists = slices.Clone(p.Item.Artists)
	return p, ok
}

// Obey decides whether commands have an effect where the playback itself does not say.
func (a *Account) Obey(yes bool) { a.act(func(time.Time) { a.obeys = yes }) }

// Stubborn makes commands have an effect, and whoever is paused press play again after this long; 0 =
// gives up, at once. It holds for what is shown and for every playback set later that does not say.
func (a *Account) Stubborn(after time.Duration) {
	a.act(func(time.Time) { a.setStubborn(after) })
}

// AddDevice lists a device that plays nothing: a phone at rest, a guest in a Jam.
func (a *Account) AddDevice(d Device) { a.act(func(time.Time) { a.list(d.complete()) }) }

// RemoveDevice takes a device off the list: commands that name it are answered 404, even while it is shown.
func (a *Account) RemoveDevice(id string) {
	a.act(func(time.Time) {
		a.devices = slices.DeleteFunc(a.devices, func(d Device) bool { return d.ID == id })
	})
}

// ChangeDeviceID gives the active device another id under the same name, as web players and phones
// do between sessions. The old id is gone; "" = an id derived from the old one.
func (a *Account) ChangeDeviceID(id string) {
	a.act(func(now time.Time) { a.changeDeviceID(id, now) })
}

// Pauses is every request to pause so far, oldest first.
func (a *Account) Pauses() (all []Pause) {
	a.act(func(time.Time) {
		for _, p := range a.pauses.since(0) {
			all = append(all, *p)
		}
	})
	return all
}
