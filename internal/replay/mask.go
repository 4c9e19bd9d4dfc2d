package replay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatefold/builtins"
)

// Mask hides the names of devices and of what was heard, for a story that is shown to others. Names that the rules
// mention stay: the rules would not know them otherwise, and who gets the story gets the rules. The zero value hides
// nothing.
type Mask struct {
	Hides    bool
	Mentions func(name string) bool // whether the rules do; nil: none

	names map[string]string
	count map[string]int
	kept  []string
}

// Kept are the names that stayed because the rules mention them.
func (m *Mask) Kept() []string {
	slices.Sort(m.kept)
	return slices.Compact(m.kept)
}

// hide gives another name of a sort for a name, the same each time.
func (m *Mask) hide(sort, name string) string {
	if !m.Hides || name == "" {
		return name
	}
	if m.Mentions != nil && m.Mentions(name) {
		m.kept = append(m.kept, name)
		return name
	}
	if m.names == nil {
		m.names, m.count = map[string]string{}, map[string]int{}
	}
	key := sort + "\x00" + name
	if m.names[key] == "" {
		m.count[sort]++
		m.names[key] = sort + " " + letters(m.count[sort])
	}
	return m.names[key]
}

// letters counts A, B ... Z, AA.
func letters(n int) string {
	text := ""
	for ; n > 0; n = (n - 1) / 26 {
		text = string(rune('A'+(n-1)%26)) + text
	}
	return text
}

func (m *Mask) device(name string) string { return quoted(m.hide("Device", name)) }

// key is that of a device: its type and its name.
func (m *Mask) key(key string) string {
	kind, name, ok := strings.Cut(key, ":")
	if !ok {
		return strconv.Quote(m.hide("Device", key))
	}
	return strconv.Quote(kind + ":" + m.hide("Device", name))
}

func (m *Mask) id(id string) string {
	if id == "" {
		return "none"
	}
	return quoted(strings.ReplaceAll(m.hide("id", id), " ", "-"))
}

func (m *Mask) item(i builtins.Item) builtins.Item {
	if !m.Hides {
		return i
	}
	title := m.hide("Item", i.Name)
	if title != i.Name {
		i.Artists, i.Album = nil, ""
	}
	i.Name = title
	i.URI = m.uri(i.URI)
	return i
}

func (m *Mask) context(uri string) string { return m.uri(uri) }

func (m *Mask) uri(uri string) string {
	if !m.Hides || uri == "" || m.Mentions != nil && m.Mentions(uri) {
		return uri
	}
	kind := "track"
	if parts := strings.Split(uri, ":"); len(parts) > 2 {
		kind = parts[1]
	}
	return fmt.Sprintf("spotify:%s:%s", kind, strings.TrimPrefix(m.hide("uri", uri), "uri "))
}

// words is text in which names may stand: those that are hidden elsewhere are hidden here.
func (m *Mask) words(text string) string {
	var names []string
	for key := range m.names {
		names = append(names, key)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // the longest first
	for _, key := range names {
		if _, name, _ := strings.Cut(key, "\x00"); len(name) > 2 {
			text = strings.ReplaceAll(text, name, m.names[key])
		}
	}
	return strconv.Quote(strings.ToValidUTF8(text, "\uFFFD"))
}
