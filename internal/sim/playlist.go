package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"
)

// playlist is one of an account's playlists.
type playlist struct {
	id        string
	owner     *Account
	public    bool
	uris      []string
	snapshots int // how often it was changed over the API
}

// mostItems is how long a playlist can be.
const mostItems = 10_000

// AddPlaylist gives the account a playlist. One that has this id already, of whatever account, is replaced.
func (a *Account) AddPlaylist(id string, public bool, uris ...string) {
	a.act(func(time.Time) {
		a.s.playlists[id] = &playlist{id: id, owner: a, public: public, uris: slices.Clone(uris)}
	})
}

// Playlist is what is in a playlist of the account, in order; nil if it has no such playlist.
func (a *Account) Playlist(id string) (uris []string) {
	a.act(func(time.Time) {
		if l, ok := a.s.playlists[id]; ok && l.owner == a {
			uris = append([]string{}, l.uris...)
		}
	})
	return uris
}

// Snapshots is how often a playlist of the account was changed over the API.
func (a *Account) Snapshots(id string) (n int) {
	a.act(func(time.Time) {
		if l, ok := a.s.playlists[id]; ok && l.owner == a {
			n = l.snapshots
		}
	})
	return n
}

// scope is what an app needs to change it.
func (l *playlist) scope() string {
	if l.public {
		return scopeModifyPublic
	}
	return scopeModifyPrivate
}

// change puts the new contents in place and returns the id of this version.
func (l *playlist) change(uris []string) (snapshot string) {
	l.uris = uris
	l.snapshots++
	version := binary.BigEndian.AppendUint32(nil, uint32(l.snapshots))
	sum := sha256.Sum256(append([]byte("snapshot\x00"+l.id+"\x00"), version...))
	return base64.StdEncoding.EncodeToString(append(version, sum[:20]...))
}
