package sim

import (
	"slices"
	"strings"
	"time"
)

// catalogue is what simulated players go on with when a track ends, in this order and round again.
func catalogue() []Item {
	tune := func(name, artist, album string, minutes, seconds int) Item {
		length := time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
		return Item{Kind: Track, Name: name, Artists: []string{artist}, Album: album, Duration: length}
	}
	return []Item{
		tune("So What", "Miles Davis", "Kind of Blue", 9, 22),
		tune("Blue Train", "John Coltrane", "Blue Train", 10, 43),
		tune("Take Five", "The Dave Brubeck Quartet", "Time Out", 5, 24),
		tune("Moanin'", "Art Blakey", "Moanin'", 9, 35),
		tune("Cantaloupe Island", "Herbie Hancock", "Empyrean Isles", 5, 32),
		tune("Song for My Father", "Horace Silver", "Song for My Father", 7, 17),
		tune("Feeling Good", "Nina Simone", "I Put a Spell on You", 2, 54),
		tune("St. Thomas", "Sonny Rollins", "Saxophone Colossus", 6, 45),
		tune("The Sidewinder", "Lee Morgan", "The Sidewinder", 10, 25),
		tune("Goodbye Pork Pie Hat", "Charles Mingus", "Mingus Ah Um", 5, 44),
		tune("Watermelon Man", "Herbie Hancock", "Takin' Off", 7, 9),
		tune("Night Train", "Oscar Peterson", "Night Train", 4, 52),
	}
}

// fromCatalogue fills what is not given from the tune with this title (and artist, if one is given).
func (i Item) fromCatalogue() Item {
	n := catalogueIndex(i)
	if n < 0 {
		return i
	}
	known := catalogue()[n]
	if len(i.Artists) == 0 {
		i.Artists = known.Artists
	}
	if i.Album == "" {
		i.Album = known.Album
	}
	if i.Duration <= 0 {
		i.Duration = known.Duration
	}
	return i
}

func catalogueIndex(i Item) int {
	return slices.IndexFunc(catalogue(), func(c Item) bool {
		return strings.EqualFold(c.Name, i.Name) && (len(i.Artists) == 0 || slices.Equal(c.Artists, i.Artists))
	})
}

// following is what a player goes on with after i. An item from elsewhere is followed by the first
// tune: catalogueIndex is -1 then.
func following(i Item) Item {
	tunes := catalogue()
	return tunes[(catalogueIndex(i)+1)%len(tunes)].complete()
}
