package lsp

import (
	"maps"
	"slices"
	"strings"
)

// definition says where the word at a place is defined.
func (s *server) definition(f *folder, rel string, c cursor) (any, error) {
	if c.token < 0 {
		return nil, nil
	}
	switch c.tokens[c.token].kind {
	case literal:
		return s.definedByString(f, c)
	case name:
	default:
		return nil, nil
	}
	n := c.word(c.token)
	if topic, ok := strings.CutPrefix(n, "on_"); ok && c.is(c.token-1, "def") {
		return f.publishers(topic, s.enc), nil
	}
	if c.is(c.token-1, ".") {
		return f.publishes(f.receiver(c.outline, c.token-1).topic, n, s.enc), nil
	}
	if at, ok := c.local(n); ok {
		return f.location(rel, at, s.enc), nil
	}
	for path, o := range f.outlines {
		if where, at, ok := f.defined(c.outline, n); ok && where == o {
			return f.location(path, at, s.enc), nil
		}
	}
	return nil, nil
}

// local is where a function defines a name for itself: as a parameter, or by its first assignment.
func (c cursor) local(n string) (at int, ok bool) {
	d := c.within(c.offset)
	if d == nil {
		return 0, false
	}
	for _, p := range d.params {
		if p.name == n {
			return p.at, true
		}
	}
	for i := d.begin; i < d.end; i++ {
		if c.tokens[i].kind != name || c.word(i) != n {
			continue
		}
		if c.tokens[i].first && c.is(i+1, "=") && !c.is(i+2, "=") || c.is(i-1, "for") && c.is(i+1, "in") {
			return i, true
		}
	}
	return 0, false
}

// definedByString: the file of a load, the name that it takes from it, the handlers of a topic.
func (s *server) definedByString(f *folder, c cursor) (any, error) {
	for _, l := range c.loads {
		if l.at == c.token && f.outlines[l.path] != nil {
			return Location{f.uri(l.path), Range{}}, nil
		}
		for _, n := range l.names {
			if o := f.outlines[l.path]; n.at == c.token && o != nil {
				if at, ok := o.defines(n.remote); ok {
					return f.location(l.path, at, s.enc), nil
				}
			}
		}
	}
	for _, t := range c.said {
		if t.at != c.token {
			continue
		}
		locations := []Location{}
		for _, path := range slices.Sorted(maps.Keys(f.outlines)) {
			if d := f.outlines[path].find("on_" + t.name); d != nil {
				locations = append(locations, f.location(path, d.at, s.enc))
			}
		}
		return locations, nil
	}
	return nil, nil
}

// publishers are the places that publish a topic.
func (f *folder) publishers(topic string, e encoding) []Location {
	locations := []Location{}
	for _, path := range slices.Sorted(maps.Keys(f.outlines)) {
		for _, t := range f.outlines[path].said {
			if t.name == topic {
				locations = append(locations, f.location(path, t.at, e))
			}
		}
	}
	return locations
}

// publishes are the places that publish a topic with a field; nil: there are none.
func (f *folder) publishes(topic, n string, e encoding) any {
	var out []Location
	for _, p := range f.publishing(topic, n) {
		out = append(out, f.location(p.path, p.value-2, e))
	}
	if out == nil {
		return nil
	}
	return out
}

// references are the places that use the word at a place: a name of the top level in all files that load it, or a name of a
// function within it.
func (s *server) references(f *folder, rel string, c cursor, declaration bool) (any, error) {
	locations := []Location{}
	if c.token < 0 || c.tokens[c.token].kind != name || c.is(c.token-1, ".") {
		return locations, nil
	}
	n := c.word(c.token)
	if at, ok := c.local(n); ok {
		d := c.within(c.offset)
		return append(locations, f.uses(rel, n, d.begin, d.end, at, declaration, s.enc)...), nil
	}
	where, at, ok := f.defined(c.outline, n)
	if !ok {
		return locations, nil
	}
	home, own := "", where.word(at)
	for path, o := range f.outlines {
		if o == where {
			home = path
		}
	}
	locations = append(locations, f.uses(home, own, 0, len(where.tokens), at, declaration, s.enc)...)
	for _, path := range slices.Sorted(maps.Keys(f.outlines)) {
		o := f.outlines[path]
		for _, l := range o.loads {
			for _, x := range l.names {
				if l.path == home && x.remote == own {
					locations = append(locations, f.location(path, x.at, s.enc))
					locations = append(locations, f.uses(path, x.local, 0, len(o.tokens), -1, true, s.enc)...)
				}
			}
		}
	}
	return locations, nil
}

// uses are the words of a file that are a name, and no attribute or argument of that name.
func (f *folder) uses(rel, n string, begin, end, declared int, declaration bool, e encoding) (out []Location) {
	o := f.outlines[rel]
	for i := begin; i < end; i++ {
		argument := o.tokens[i].depth > 0 && o.is(i+1, "=") && !o.is(i+2, "=") && i != declared
		if o.tokens[i].kind != name || o.word(i) != n || o.is(i-1, ".") || argument || i == declared && !declaration {
			continue
		}
		out = append(out, f.location(rel, i, e))
	}
	return out
}
