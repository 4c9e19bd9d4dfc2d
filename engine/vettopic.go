package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// publication is a place that publishes a topic, or offers to (a button).
type publication struct {
	topic  string
	at     syntax.Expr // the topic itself
	name   string      // "publish"
	fields []string
	values map[string]syntax.Expr // of the fields
	open   bool                   // **kwargs: other fields too
}

// publications finds those of a file; what is no topic is a problem.
func (x *index) publications(f *indexed, report func(Problem)) []publication {
	var out []publication
	for _, c := range f.calls {
		name, ok := calledName(c.CallExpr)
		if !ok {
			continue
		}
		at, ok := x.words.topicAt[name]
		if !ok {
			continue
		}
		p, problem := publicationOf(name, at, c.CallExpr)
		if problem != nil {
			report(*problem)
			continue
		}
		if s, ok := x.words.signatures[name]; ok {
			p.fields = slices.DeleteFunc(p.fields, func(field string) bool { _, own := s.Param(field); return own })
		}
		out = append(out, p)
	}
	return out
}

// publicationOf reads a call, of which the topic must be a literal.
func publicationOf(name string, at TopicAt, n *syntax.CallExpr) (publication, *Problem) {
	out := publication{name: name, at: argument(n, at)}
	topic := ""
	lit, ok := bare(out.at).(*syntax.Literal)
	if ok {
		topic, _ = lit.Value.(string)
	}
	if topic == "" {
		var where syntax.Node = n.Fn
		if out.at != nil {
			where = out.at
		}
		p := problemOn(CodeBadTopic, where, name+": the topic is a literal string")
		p.Hint = `publish("bad_auth", ...)`
		if at.Position > 0 {
			p.Hint = fmt.Sprintf(`%s(..., %s="allow_hour")`, name, at.Name)
		}
		return out, &p
	}
	if err := checkTopic(topic); err != nil {
		p := problemOn(CodeBadTopic, lit, name+": "+err.Error())
		return out, &p
	}
	out.topic = topic
	for _, arg := range n.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			out.open = true
		} else if field, value, ok := keyword(arg); ok && field.Name != at.Name {
			out.fields = append(out.fields, field.Name)
			if out.values == nil {
				out.values = map[string]syntax.Expr{}
			}
			out.values[field.Name] = value
		}
	}
	return out, nil
}

// checkTopic says what is wrong with a topic: its handler is a function.
func checkTopic(topic string) error {
	switch {
	case reservedTopic(topic):
		return fmt.Errorf("%s is reserved: it happens by itself", quote(topic))
	case topic == "":
		return fmt.Errorf("the topic is empty")
	}
	for i, c := range topic {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("%s cannot be a topic: lower-case letters, digits and _ only, as in on_%s", quote(topic), "bad_auth")
		}
	}
	if len(topic) > 64 {
		return fmt.Errorf("a topic has at most 64 letters")
	}
	return nil
}

// reservedTopic says that a kind happens by itself.
func reservedTopic(kind string) bool {
	switch kind {
	case KindPlayback, KindBlind, KindTimer, KindApproval, KindEnforce, KindHold, KindOverride, KindNotice, KindToken, KindPause:
		return true
	}
	return false
}

// topics is what the files of a ruleset publish and handle.
type topics struct {
	published map[string][]publication
	handled   map[string][]*syntax.Ident // by kind: the names of the handlers
	reads     []fieldRead
	mistaken  map[string]bool // kinds that a publish of another topic probably means

	searched int // names of which it was asked what was meant
}

// nearest is Nearest for the first few: each is a search through all names, and hostile files have thousands.
func (t *topics) nearest(name string, candidates []string) string {
	if t.searched++; t.searched > shownProblems {
		return ""
	}
	return Nearest(name, candidates)
}

func (t *topics) publishedNames() []string {
	var out []string
	for topic := range t.published {
		out = append(out, topic)
	}
	slices.Sort(out)
	return out
}

// vet warns of topics that nobody handles or publishes, of fields that nobody gives, and of those that are read and left
// out.
func (t *topics) vet(known func(kind string) bool, warn func(Problem)) {
	meant := t.unheard(warn)
	t.mistaken = meant
	published := t.publishedNames()
	for kind, names := range t.handled {
		if known(kind) || len(t.published[kind]) > 0 || meant[kind] {
			continue
		}
		for _, name := range names {
			p := problemOn(CodeUnpublishedTopic, name, fmt.Sprintf("on_%s handles a topic that no rule publishes", kind))
			if near := t.nearest(kind, published); near != "" {
				p.Hint = fmt.Sprintf("did you mean on_%s?", near)
			} else {
				p.Hint = fmt.Sprintf("only gatefold publish %s runs it", kind)
			}
			warn(p)
		}
	}
	t.fields(warn)
}

// unheard warns of topics that nobody handles, and gives the handlers that were perhaps meant: those who publish nothing
// else would be told twice.
func (t *topics) unheard(warn func(Problem)) (meant map[string]bool) {
	meant = map[string]bool{}
	var kinds []string
	for kind := range t.handled {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for topic, where := range t.published {
		if len(t.handled[topic]) > 0 {
			continue
		}
		hint := "write def on_" + topic + "(event)"
		if bare := strings.TrimPrefix(topic, "on_"); bare != topic && len(t.handled[bare]) > 0 {
			hint = "a topic is written without on_: " + quote(bare)
			meant[bare] = true
		} else if near := t.nearest(topic, kinds); near != "" && checkTopic(near) == nil {
			hint = fmt.Sprintf("did you mean %s?", quote(near))
			meant[near] = true
		}
		for _, p := range where {
			out := problemOn(CodeUnheardTopic, p.at, "no rule handles the topic "+quote(topic))
			out.Hint = hint
			warn(out)
		}
	}
	return meant
}

// fields warns of fields that handlers read: of those that nobody publishes at the place that reads, of those that only
// some do at those who do not.
func (t *topics) fields(warn func(Problem)) {
	given := map[string]map[string]int{} // topic -> field -> how often it is published
	told := map[string]bool{}
	for _, read := range t.reads {
		where, field := t.published[read.topic], read.dot.Name.Name
		if len(where) == 0 {
			continue
		}
		counts, ok := given[read.topic]
		if !ok {
			counts = fieldsOf(where)
			given[read.topic] = counts
		}
		switch n := counts[field]; {
		case counts == nil || n == len(where): // others may be given, or all give it
		case n == 0:
			warn(t.unknownField(read, counts))
		case !told[read.topic+" "+field]:
			told[read.topic+" "+field] = true
			missing(read, where, warn)
		}
	}
}

// fieldsOf counts the fields of publications; nil: nobody knows them all.
func fieldsOf(where []publication) map[string]int {
	out := map[string]int{}
	for _, p := range where {
		if p.open {
			return nil
		}
		for _, field := range p.fields {
			out[field]++
		}
	}
	return out
}

func missing(read fieldRead, where []publication, warn func(Problem)) {
	field := read.dot.Name.Name
	for _, p := range where {
		if slices.Contains(p.fields, field) {
			continue
		}
		out := problemOn(CodeMissingField, p.at, fmt.Sprintf("%s without the field %s, which on_%s reads", quote(p.topic), field, p.topic))
		out.Hint = fmt.Sprintf("read at %s; write %s=...", posOf(read.dot.Name.NamePos), field)
		warn(out)
	}
}

func (t *topics) unknownField(read fieldRead, counts map[string]int) Problem {
	field := read.dot.Name.Name
	p := problemOn(CodeUnknownField, read.dot.Name, fmt.Sprintf("no rule publishes %s with a field %s", quote(read.topic), field))
	if t.searched > shownProblems {
		return p // told of enough of them in full
	}
	given := slices.Sorted(maps.Keys(counts))
	switch near := t.nearest(field, append([]string{"account", "by", "time"}, given...)); {
	case near != "":
		p.Hint = fmt.Sprintf("did you mean %s?", near)
	case len(given) > 0:
		p.Hint = "its fields are " + list(given[:min(len(given), 20)])
	default:
		p.Hint = fmt.Sprintf("write %s=... where it is published", field)
	}
	return p
}
