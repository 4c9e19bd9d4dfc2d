package sim

import (
	"fmt"
	"time"
)

const playsLike = `plays "So What" by "Miles Davis" on "Kitchen" (speaker) stubborn 2s`

// adDuration is how long an advertisement in a story lasts.
const adDuration = 30 * time.Second

// plays reads
//
//	[an ad | episode | local] ["title"] [by "artist" ["artist" ...]] [from "album"] [on "device" [(type)]] [stubborn 2s] [key=value ...]
//
// Without a device it is the one that is shown at that time. People's players obey commands unless obeys=no is given.
func (p *parser) plays(w *words) (deed, error) {
	fields := map[string]string{}
	artists, err := p.whatIsPlayed(w, fields)
	if err != nil {
		return nil, err
	}
	if w.take("on") {
		if err := p.device(w, fields, "on", playsLike); err != nil {
			return nil, err
		}
	}
	if w.take("stubborn") {
		after, err := w.duration("stubborn", 0)
		if err != nil {
			return nil, err
		}
		fields["stubborn"] = after.String()
	}
	if err := pairs(w, fields); err != nil {
		return nil, err
	}
	shown, err := played(fields, artists)
	if err != nil {
		return nil, err
	}
	return func(a *Account, t time.Time) {
		here := shown
		if here.Device.none() {
			here.Device = a.now.what.Device
		}
		a.set(here, t)
	}, nil
}

// whatIsPlayed reads the item. Artists are returned, not joined: a name may have a comma.
func (p *parser) whatIsPlayed(w *words, fields map[string]string) (artists []string, err error) {
	switch {
	case w.take("an"):
		if !w.take("ad") {
			return nil, fmt.Errorf("an what? write: plays an ad")
		}
		fields["item.kind"] = Ad
		return nil, nil
	case w.take("episode"):
		fields["item.kind"] = Episode
	case w.take("local"):
		fields["item.kind"] = Local
	}
	title, ok := w.takeKind(quoted)
	if !ok {
		return nil, fmt.Errorf("plays what? A title in straight quotation marks is wanted%s; like: %s", w.instead(), playsLike)
	}
	fields["item.name"] = title.text
	if w.take("by") {
		first, err := w.quoted("by", playsLike)
		if err != nil {
			return nil, err
		}
		artists = append(artists, first)
		for t, more := w.takeKind(quoted); more; t, more = w.takeKind(quoted) {
			artists = append(artists, t.text)
		}
	}
	if w.take("from") {
		fields["item.album"], err = w.quoted("from", playsLike)
	}
	return artists, err
}

// played is the playback that the fields describe, playing, with the catalogue's duration if none is given.
func played(fields map[string]string, artists []string) (Playback, error) {
	if _, given := fields["obeys"]; !given {
		fields["obeys"] = "yes"
	}
	if _, given := fields["playing"]; !given {
		fields["playing"] = "yes"
	}
	if len(artists) > 0 {
		if err := setOnce(fields, "item.artists", ""); err != nil {
			return Playback{}, err
		}
	}
	item := Item{Kind: fields["item.kind"], Name: fields["item.name"], Artists: artists}.complete()
	if fields["item.kind"] == Ad {
		item.Duration = adDuration
	}
	if _, given := fields["item.duration"]; !given {
		fields["item.duration"] = item.Duration.String()
	}
	shown, err := ParsePlayback(fields)
	if err == nil && len(artists) > 0 {
		item.Album, item.Explicit, item.Duration = shown.Item.Album, shown.Item.Explicit, shown.Item.Duration
		shown.Item.Artists, shown.Item.URI = artists, fields["item.uri"]
		shown.Item = shown.Item.complete()
	}
	return shown, err
}
