package sim

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// The bodies of GET answers, in the shapes of the real API (spec 2026.5.31 and recorded answers).

// me is GET /v1/me as apps in development mode get it: no country, email or product.
func (a *Account) me() answer {
	id := a.o.UserID
	return jsonAnswer(http.StatusOK, object{
		"account_id": a.o.AccountID, "display_name": a.o.DisplayName, "id": id, "images": []any{},
		"type": "user", "uri": "spotify:user:" + id, "href": "https://api.spotify.com/v1/users/" + id,
		"external_urls": object{"spotify": "https://open.spotify.com/user/" + id},
	})
}

func (a *Account) deviceList() answer {
	list := []any{}
	for _, d := range a.devices {
		active := a.now.open && !a.now.what.Inactive && d.same(a.now.what.Device)
		list = append(list, d.shape(active))
	}
	return jsonAnswer(http.StatusOK, object{"devices": list})
}

// player is GET /v1/me/player: 204 when it is closed.
func (a *Account) player(c *call) answer {
	t, shown := c.now, a.now
	if c.fault.Kind == KindStale {
		t = t.Add(-c.fault.age())
		shown = a.shownAt(t)
	}
	if !shown.open {
		return answer{status: http.StatusNoContent}
	}
	episodes := slices.Contains(strings.Split(c.query.Get("additional_types"), ","), Episode)
	p := shown.at(t)
	progress, changed := p.Progress.Milliseconds(), shown.changed.UnixMilli()
	if p.Item.Kind == Unknown {
		progress, changed = 0, 0
	}
	p.Progress = 0
	d := &a.drawn[0]
	if p.Playing {
		d = &a.drawn[1]
	}
	if d.text[0] == "" || d.episodes != episodes || !reflect.DeepEqual(d.of, p) {
		*d = p.draw(episodes, a.s.o.Brief)
	}
	return textAnswer(http.StatusOK, d.text[0]+strconv.FormatInt(progress, 10)+d.text[1]+strconv.FormatInt(changed, 10)+d.text[2])
}

// drawing is what an answer says but for the times, which are all that changes from most looks to the next: a week of
// them is drawn in a moment.
type drawing struct {
	of       Playback
	episodes bool
	text     [3]string // before the progress, before the timestamp, the rest
}

func (p Playback) draw(episodes, brief bool) drawing {
	body := object{
		"device": nil, "shuffle_state": p.Shuffle, "smart_shuffle": false, "repeat_state": p.repeat(),
		"timestamp": 0, "progress_ms": 0, "is_playing": p.Playing,
		"item": p.Item.shape(episodes), "currently_playing_type": p.Item.playingType(),
		"actions": object{"disallows": p.disallows()},
	}
	if !p.Device.none() {
		body["device"] = p.Device.shape(!p.Inactive)
	}
	if p.Context != AbsentContext {
		body["context"] = p.contextShape()
	}
	if item, ok := body["item"].(object); ok && brief {
		shorten(item)
	}
	d := drawing{of: p, episodes: episodes}
	rest := jsonAnswer(http.StatusOK, body).body
	for i, key := range []string{`"progress_ms":`, `"timestamp":`} { // in a name, the quotation marks are escaped
		before, after, _ := strings.Cut(rest, key+"0")
		d.text[i], rest = before+key, after
	}
	d.text[2] = rest
	return d
}

// shorten leaves out of an item, its album, artists and show what only people who click on it need.
func shorten(shape object) {
	for _, key := range []string{
		"available_markets", "copyrights", "description", "external_ids", "external_urls", "href", "html_description", "images", "languages",
		"popularity", "preview_url", "release_date", "release_date_precision", "resume_point",
	} {
		delete(shape, key)
	}
	for _, v := range shape {
		switch v := v.(type) {
		case object:
			shorten(v)
		case []any:
			for _, e := range v {
				if o, ok := e.(object); ok {
					shorten(o)
				}
			}
		}
	}
}

func (p Playback) repeat() string {
	if p.Repeat == "" {
		return "off"
	}
	return p.Repeat
}

// disallows names only what is not allowed.
func (p Playback) disallows() object {
	no := object{"pausing": true}
	if p.Playing {
		no = object{"resuming": true}
	}
	switch p.Item.Kind {
	case Ad:
		for _, key := range []string{"seeking", "skipping_prev", "skipping_next", "interrupting_playback", "transferring_playback"} {
			no[key] = true
		}
	case Unknown:
		for _, key := range []string{"resuming", "seeking", "skipping_prev", "skipping_next"} {
			no[key] = true
		}
	}
	return no
}

func (p Playback) contextShape() any {
	uri := p.Context
	if uri == "" {
		uri = p.Item.contextURI()
	}
	if uri == "" || uri == NoContext || uri == AbsentContext {
		return nil
	}
	parts := strings.Split(uri, ":")
	kind, id := parts[max(0, len(parts)-2)], parts[len(parts)-1]
	if id == "collection" {
		kind = id
	}
	return object{"type": kind, "uri": uri, "href": "https://api.spotify.com/v1/" + kind + "s/" + id, "external_urls": webLink(kind, id)}
}

// contextURI is where an item is played from unless the playback says otherwise.
func (i Item) contextURI() string {
	switch i.Kind {
	case Track:
		return "spotify:album:" + spotifyID("album", i.Album)
	case Episode:
		return "spotify:show:" + spotifyID("show", i.Artists[0])
	case Ad:
		return "spotify:playlist:" + spotifyID("playlist", "ads")
	}
	return ""
}

func (d Device) shape(active bool) object {
	shape := object{
		"id": d.ID, "is_active": active, "is_private_session": d.Private, "is_restricted": d.Restricted,
		"name": d.Name, "type": d.Type, "volume_percent": 50, "supports_volume": !d.NoControl,
	}
	if d.NullID {
		shape["id"] = nil
	}
	switch {
	case d.NullVolume:
		shape["volume_percent"] = nil
	case d.Volume != nil:
		shape["volume_percent"] = *d.Volume
	}
	return shape
}
