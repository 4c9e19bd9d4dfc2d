package sim

import "strings"

// shape is the item as an answer shows it: null for what has none, and for an episode that was not asked for.
func (i Item) shape(episodes bool) any {
	switch i.Kind {
	case Ad, Unknown, None:
		return nil
	case Episode:
		if !episodes {
			return nil
		}
		return i.episodeShape()
	}
	return i.trackShape()
}

// playingType is currently_playing_type.
func (i Item) playingType() string {
	switch i.Kind {
	case Ad, Episode, Unknown:
		return i.Kind
	}
	return Track
}

// id is the last part of the URI.
func (i Item) id() string {
	return i.URI[strings.LastIndex(i.URI, ":")+1:]
}

func (i Item) trackShape() object {
	shape := object{
		"type": "track", "uri": i.URI, "name": i.Name, "explicit": i.Explicit, "duration_ms": i.Duration.Milliseconds(),
		"id": i.id(), "href": "https://api.spotify.com/v1/tracks/" + i.id(), "external_urls": webLink("track", i.id()),
		"is_local": false, "disc_number": 1, "track_number": 1, "popularity": 50, "preview_url": nil,
		"available_markets": []any{}, "external_ids": object{"isrc": "USSM15900113"}, "artists": i.artistShapes(), "album": i.albumShape(),
	}
	if i.Kind == Local {
		shape["id"], shape["href"], shape["is_local"], shape["external_urls"] = nil, nil, true, object{}
	}
	return shape
}

// artistShapes of a local file have nothing but names.
func (i Item) artistShapes() []any {
	var shapes []any
	for _, name := range i.Artists {
		shape := object{"type": "artist", "name": name, "id": nil, "uri": nil, "href": nil, "external_urls": object{}}
		if i.Kind != Local {
			id := spotifyID("artist", name)
			shape["id"], shape["uri"], shape["external_urls"] = id, "spotify:artist:"+id, webLink("artist", id)
			shape["href"] = "https://api.spotify.com/v1/artists/" + id
		}
		shapes = append(shapes, shape)
	}
	return shapes
}

func (i Item) albumShape() object {
	if i.Kind == Local {
		return object{"type": "album", "name": i.Album, "album_type": nil, "artists": []any{}, "available_markets": []any{},
			"external_urls": object{}, "href": nil, "id": nil, "images": []any{}, "release_date": nil,
			"release_date_precision": nil, "total_tracks": 0, "uri": nil}
	}
	id := spotifyID("album", i.Album)
	return object{"type": "album", "name": i.Album, "album_type": "album", "artists": i.artistShapes(), "available_markets": []any{},
		"external_urls": webLink("album", id), "href": "https://api.spotify.com/v1/albums/" + id, "id": id, "images": []any{},
		"release_date": "1959-08-17", "release_date_precision": "day", "total_tracks": 8, "uri": "spotify:album:" + id}
}

func (i Item) episodeShape() object {
	id := spotifyID("show", i.Artists[0])
	show := object{"type": "show", "name": i.Artists[0], "publisher": i.Artists[0], "id": id, "uri": "spotify:show:" + id,
		"href": "https://api.spotify.com/v1/shows/" + id, "external_urls": webLink("show", id), "available_markets": []any{},
		"copyrights": []any{}, "description": "", "explicit": i.Explicit, "html_description": "", "images": []any{},
		"is_externally_hosted": false, "languages": []any{"en"}, "media_type": "audio", "total_episodes": 12}
	return object{"type": "episode", "uri": i.URI, "name": i.Name, "explicit": i.Explicit, "duration_ms": i.Duration.Milliseconds(),
		"id": i.id(), "href": "https://api.spotify.com/v1/episodes/" + i.id(), "external_urls": webLink("episode", i.id()),
		"audio_preview_url": nil, "description": "", "html_description": "", "images": []any{}, "is_externally_hosted": false,
		"is_playable": true, "language": "en", "languages": []any{"en"}, "release_date": "2026-11-01",
		"release_date_precision": "day", "resume_point": object{"fully_played": false, "resume_position_ms": 0}, "show": show}
}

func webLink(kind, id string) object {
	return object{"spotify": "https://open.spotify.com/" + kind + "/" + id}
}
