package manual

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/startest"
)

// Kind is what sort of thing an entry is about.
type Kind uint8

// The kinds.
const (
	Call      Kind = iota // a builtin
	Handler               // on_playback
	Attribute             // of a value
	Constant              // time.second
	Chapter               // a page, or a section about no single name
	Word                  // of the language: if, None
	Code                  // of a problem that gatefold check finds: wrong-value
)

// Entry is one thing that can be looked up.
type Entry struct {
	Name    string // "blink1.set"; of an attribute "device.name": type and name
	Kind    Kind
	Heading string // "blink1.set(color, fade=\"500ms\", ...)"
	Summary string // one sentence, in Markdown
	Body    string // the rest, in Markdown; of an attribute nothing
	Args    []Row  // of a call, in its order
	Section *Section
}

// Page is the name of the page that it stands on.
func (e *Entry) Page() string { return e.Section.Page.Name }

// Manual is all of it.
type Manual struct {
	Pages      []*Page
	Signatures map[string]engine.Signature
	entries    map[string]*Entry
	names      []string // of the entries, sorted
}

// ofTypes says which type of value a table of attributes is about.
var ofTypes = []struct{ page, section, value string }{
	{"playback", "The argument", "playback"},
	{"playback", "Device", "device"},
	{"playback", "Item", "item"},
	{"playback", "Snapshot before", "snapshot"},
	{"handlers", "The problem", "problem"},
	{"handlers", "The event", "event"},
	{"spotify", "`spotify.recently_played(limit=20)`", "play"},
	{"std", "A time", "time.time"},
	{"std", "A duration", "time.duration"},
	{"language", "What a string can do", "string"},
	{"record", "`record(fn, *args, state={}, answers={})`", "effects"},
	{"language", "What a list can do", "list"},
	{"language", "What a dict can do", "dict"},
	{"language", "What a set can do", "set"},
}

// New reads the pages.
func New() (*Manual, error) {
	pages, err := readPages()
	if err != nil {
		return nil, err
	}
	modules := append(builtins.All(builtins.Deps{}), startest.Modules()...)
	m := &Manual{Pages: pages, Signatures: engine.Signatures(modules...), entries: map[string]*Entry{}}
	for _, p := range pages {
		for i, s := range p.Sections {
			m.section(s, i == 0)
		}
	}
	m.codes()
	for name := range m.entries {
		m.names = append(m.names, name)
	}
	sort.Strings(m.names)
	return m, nil
}

// ForRules is the manual without what only tests can call.
func (m *Manual) ForRules() *Manual {
	out := &Manual{Signatures: engine.Signatures(builtins.All(builtins.Deps{})...), entries: map[string]*Entry{}}
	for _, p := range m.Pages {
		if !p.Tests {
			out.Pages = append(out.Pages, p)
		}
	}
	for _, name := range m.names {
		if e := m.entries[name]; !e.Section.Page.Tests {
			out.entries[name] = e
			out.names = append(out.names, name)
		}
	}
	return out
}

// section makes the entries of one section.
func (m *Manual) section(s *Section, first bool) {
	switch call := s.call(); {
	case first:
		m.add(&Entry{Name: s.Page.Name, Kind: Chapter, Heading: s.Page.Title, Summary: sentence(s.Body), Body: whole(s), Section: s})
	case call == "":
		m.add(&Entry{Name: strings.ToLower(s.Title), Kind: Chapter, Heading: s.Title, Summary: sentence(s.Body), Body: whole(s), Section: s})
	default:
		name, _, _ := strings.Cut(call, "(")
		e := &Entry{Name: name, Kind: Call, Heading: call, Summary: sentence(s.Body), Body: s.Body, Section: s}
		if e.Summary == "" && name == s.Page.Name {
			e.Summary = sentence(s.Page.Sections[0].Body)
		}
		if strings.HasPrefix(name, "on_") {
			e.Kind, e.Body = Handler, whole(s)
		}
		e.Args = m.arguments(name, s)
		m.add(e)
	}
	for _, r := range rowsOf(s.Body, "name") {
		e := &Entry{Name: r.Name, Kind: Call, Heading: r.Call, Summary: r.What, Section: s}
		if r.Call == "" {
			e.Kind, e.Heading = Constant, r.Name
		}
		m.add(e)
	}
	for _, r := range rowsOf(s.Body, "word") {
		m.add(&Entry{Name: strings.ToLower(r.Name), Kind: Word, Heading: r.Name, Summary: r.What, Section: s})
	}
	for _, t := range ofTypes {
		if t.page != s.Page.Name || t.section != s.Title {
			continue
		}
		for _, r := range rowsOf(s.Body, "attribute") {
			m.add(attribute(t.value, r, s))
		}
	}
}

// shown is how a type of value is called where there is no name for it.
var shown = map[string]string{"playback": "now", "snapshot": "now.previous", "time.time": "<time>", "time.duration": "<duration>", "string": "<string>", "list": "<list>", "dict": "<dict>", "set": "<set>"}

func attribute(value string, r Row, s *Section) *Entry {
	e := &Entry{Name: value + "." + r.Name, Kind: Attribute, Heading: r.Name, Summary: r.What, Section: s}
	if r.Call != "" {
		e.Heading = r.Call
	}
	if other := shown[value]; other != "" {
		value = other
	}
	e.Heading = value + "." + e.Heading
	return e
}

// add keeps the first of a name, but a chapter gives way to a call.
func (m *Manual) add(e *Entry) {
	if there := m.entries[e.Name]; there == nil || there.Kind == Chapter && e.Kind == Call {
		m.entries[e.Name] = e
	}
}

// arguments are the rows for the arguments of a call, of its own table or of one that is said to be for all the calls of the page.
func (m *Manual) arguments(name string, s *Section) (rows []Row) {
	own, shared := rowsOf(s.Body, "argument"), rowsOf(s.Page.Sections[0].Body, "argument")
	sig, ok := m.Signatures[name]
	if method, of := strings.CutPrefix(name, "now."); of && !ok {
		sig, _ = Method(Attr(Argument("on_playback"), method))
	}
	for _, p := range sig.Params {
		for _, r := range slices.Concat(own, shared) {
			if r.Name == p.Name {
				rows = append(rows, r)
				break
			}
		}
	}
	return rows
}

// Entry gives the entry of exactly that name; nil: there is none.
func (m *Manual) Entry(name string) *Entry { return m.entries[name] }

// Attribute gives the entry of an attribute by the type of the value that has it.
func (m *Manual) Attribute(valueType, name string) *Entry {
	if e := m.entries["now."+name]; e != nil && valueType == "playback" {
		return e // one that has a section of its own
	}
	return m.entries[valueType+"."+name]
}

// Entries are those of a kind, in the order of their names.
func (m *Manual) Entries(kind Kind) (out []*Entry) {
	for _, name := range m.names {
		if e := m.entries[name]; e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// Call is the heading with every argument in the place of "...".
func (e *Entry) Call() string {
	lead, ok := strings.CutSuffix(e.Heading, "...)")
	if !ok {
		return e.Heading
	}
	var rest []string
	for _, r := range e.Args {
		if strings.Contains(lead, "("+r.Name+"=") || strings.Contains(lead, ", "+r.Name+"=") {
			continue
		}
		text := r.Name
		if m := stated.FindStringSubmatch(r.Default); m != nil {
			text += "=" + m[1]
		}
		rest = append(rest, text)
	}
	return lead + strings.Join(rest, ", ") + ")"
}

// stated is the default that a row begins with.
var stated = regexp.MustCompile("^`?(None|[^`]+)`?")

// Arg gives the row of an argument.
func (e *Entry) Arg(name string) (Row, bool) {
	for _, r := range e.Args {
		if r.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// whole is the text of a section with those below it.
func whole(s *Section) string {
	var b strings.Builder
	b.WriteString(s.Body)
	for _, below := range s.Page.within(s) {
		b.WriteString("\n\n" + strings.Repeat("#", below.Level) + " " + below.Title + "\n\n" + below.Body)
	}
	return strings.TrimSpace(b.String())
}

// sentence is the first sentence of a text; "" if it begins with something else, a table or an example.
func sentence(body string) string {
	text, _, _ := strings.Cut(strings.Trim(body, "\n"), "\n\n")
	if text == "" || strings.HasPrefix(text, " ") || strings.ContainsAny(text[:1], "|`#-") && !strings.HasPrefix(text, "`") || strings.HasPrefix(text, "```") {
		return ""
	}
	text = strings.Join(strings.Fields(text), " ")
	code := false
	for i, r := range text {
		switch {
		case r == '`':
			code = !code
		case code:
		case r == '.' && (i+1 == len(text) || text[i+1] == ' '):
			return text[:i+1]
		}
	}
	return strings.TrimSuffix(text, ":")
}
