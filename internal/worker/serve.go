package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"
	_ "time/tzdata" // rules name zones, and no file can be read

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/timeline"
)

// exitHung is how a child ends that has run for too long, should nobody have killed it.
const exitHung = 86

// Main is a child: it answers on its standard input and output until that is closed. It gives the exit code.
func Main() int {
	debug.SetTraceback("none") // the first line says it, and nobody reads the rest
	in, out := os.Stdin, os.Stdout
	os.Stdout = os.Stderr
	page := os.NewFile(3, "note")
	n, err := openNote(page)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is not for people: gatefold starts it, to run rules in (%v)\n", Argument, err)
		return 2
	}
	page.Close()
	s := &server{pipe: newPipe(bufio.NewReader(in), out), note: n, mirrors: map[string]*mirror{}}
	if err := s.serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// server is what a child is.
type server struct {
	pipe    *pipe
	note    *note
	limits  Limits
	modules []engine.Module
	reader  *reader
	rules   []*engine.Ruleset // the one that was used last first
	told    stories           // the first of more that come
	mirrors map[string]*mirror
}

// rulesKept is how many rulesets are kept at a time: that in force, some before it, and what is tried.
const rulesKept = 8

func (s *server) serve() error {
	for {
		var q request
		switch err := s.pipe.receive(&q); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := s.answer(q); err != nil {
			return err
		}
		s.note.nothing()
	}
}

func (s *server) answer(q request) error {
	for _, account := range q.Forget {
		delete(s.mirrors, account)
	}
	r := reply{Seq: q.Seq}
	switch {
	case s.reader == nil && q.Begin == nil:
		return errors.New("nobody has said how to begin")
	case q.Begin != nil:
		r.Hello, r.Err = s.begin(*q.Begin)
	case q.Load != nil:
		defer alone(s.limits.load())()
		r.Loaded = s.load(*q.Load)
	case q.Tell != nil:
		if _, _, err := s.mirror(q.Decide.Event.Account).take(*q.Tell, s.reader); err != nil {
			r.Err = err.Error()
		}
	case q.Story != nil && q.Story.More:
		s.told.Paths, s.told.Data = append(s.told.Paths, q.Story.Paths...), append(s.told.Data, q.Story.Data...)
	case q.Story != nil:
		q.Story.Paths, q.Story.Data = append(s.told.Paths, q.Story.Paths...), append(s.told.Data, q.Story.Data...)
		defer alone(s.limits.stories())()
		r.Stories, r.Err = s.stories(*q.Story)
	case q.Decide != nil:
		defer alone(s.limits.turn())()
		return s.decide(q.Seq, *q.Decide)
	}
	return s.pipe.send(&r)
}

// alone ends this process should a request take much longer than its parent waits: the parent may be gone.
func alone(a allowance) (stop func()) {
	t := time.AfterFunc(a.whole+a.spare+5*time.Second, func() { os.Exit(exitHung) })
	return func() { t.Stop() }
}

func (s *server) begin(b begin) (*Confinement, string) {
	s.limits = b.Limits
	s.modules = builtins.All(b.Vocabulary.Deps())
	s.reader = newReader(s.modules)
	if b.TZ != "" {
		os.Setenv("TZ", b.TZ)
	}
	for _, name := range []string{"Local", b.Zone} { // while files can be read
		_ = s.reader.zones.at(time.Unix(0, 0), name).String()
	}
	os.Clearenv()
	c, err := confine(b)
	if err != nil {
		return nil, err.Error()
	}
	return &c, ""
}

func (s *server) load(q load) *loaded {
	rules, err := engine.Load(filesIn(q.Files), s.bounds(), s.modules...)
	var wrong *engine.LoadError
	switch {
	case errors.As(err, &wrong):
		return &loaded{Problems: wrong.Problems}
	case err != nil:
		return &loaded{Problems: []engine.Problem{{Text: err.Error()}}}
	}
	if q.Try {
		tried := builtins.TryOut(rules, s.reader.zones.at(q.Now, q.Zone))
		if errors.As(builtins.Refused(tried), &wrong) {
			return &loaded{Problems: wrong.Problems}
		}
		rules.Warnings = append(rules.Warnings, tried...)
	}
	raw, err := json.Marshal(rules.Describe())
	if err != nil {
		return &loaded{Problems: []engine.Problem{{Text: err.Error()}}}
	}
	s.keep(rules)
	return &loaded{Description: raw}
}

// bounds are those of rules, as they would be in the parent.
func (s *server) bounds() engine.Limits {
	return engine.Limits{Wall: s.limits.Handler, Turn: s.limits.Turn, Begins: s.note.begins}
}

func (s *server) keep(rules *engine.Ruleset) {
	s.rules = slices.DeleteFunc(s.rules, func(r *engine.Ruleset) bool { return r.Hash == rules.Hash })
	s.rules = slices.Insert(s.rules, 0, rules)
	if len(s.rules) > rulesKept {
		s.rules = slices.Delete(s.rules, rulesKept, len(s.rules))
	}
}

func (s *server) find(hash string) *engine.Ruleset {
	i := slices.IndexFunc(s.rules, func(r *engine.Ruleset) bool { return r.Hash == hash })
	if i < 0 {
		return nil
	}
	rules := s.rules[i]
	if i > 0 {
		s.keep(rules)
	}
	return rules
}

func (s *server) mirror(account string) *mirror {
	m := s.mirrors[account]
	if m == nil {
		m = &mirror{}
		s.mirrors[account] = m
	}
	return m
}

func (s *server) decide(seq uint64, q decide) error {
	refuse := func(err error) error { return s.pipe.send(&reply{Seq: seq, Err: err.Error()}) }
	m := s.mirror(q.Event.Account)
	facts, state, err := m.take(q.Past, s.reader)
	if err != nil {
		return refuse(err)
	}
	rules := s.find(q.Ruleset)
	if rules == nil {
		return s.pipe.send(&reply{Seq: seq, Unloaded: true})
	}
	ev, err := s.reader.event(q.Event)
	if err != nil {
		return refuse(err)
	}
	d := rules.Evaluate(context.Background(), ev, facts, state)
	m.saw(ev)
	out := decisionOut(d)
	if size := out.size(); size > decisionMost {
		out = tooLong(q.Event.Kind, size)
	}
	return s.send(seq, out)
}

// send sends a decision, large writes in parts.
func (s *server) send(seq uint64, d *decided) error {
	writes := d.State
	size := 0
	for i, w := range writes {
		if size += len(w.Key) + len(w.Value); size > partMost {
			d.State = writes[:i]
			if err := s.pipe.send(&reply{Seq: seq, Decided: d, More: true}); err != nil {
				return err
			}
			return s.sendWrites(seq, writes[i:])
		}
	}
	return s.pipe.send(&reply{Seq: seq, Decided: d})
}

func (s *server) sendWrites(seq uint64, writes []engine.Write) error {
	size, from := 0, 0
	for i, w := range writes {
		if size += len(w.Key) + len(w.Value); size > partMost && i > from {
			if err := s.pipe.send(&reply{Seq: seq, Writes: writes[from:i], More: true}); err != nil {
				return err
			}
			size, from = len(w.Key)+len(w.Value), i
		}
	}
	return s.pipe.send(&reply{Seq: seq, Writes: writes[from:]})
}

// mostOfAStory is how many problems of one timeline are told: nobody reads more.
const mostOfAStory = 20

// stories runs timelines and says which fail, and where.
func (s *server) stories(q stories) (*told, string) {
	files := filesIn(q.Files)
	ctx, cancel := context.WithTimeout(context.Background(), s.limits.Stories)
	defer cancel()
	out := &told{}
	for i, path := range q.Paths {
		s.note.story = path
		of := timeline.Outcome{Path: path, Data: q.Data[i]}
		var t *timeline.Timeline
		if t, of.Err = timeline.Parse(path, of.Data); of.Err == nil {
			of.Result, of.Err = timeline.Run(t, timeline.Options{
				Files: files, Alone: timeline.Beside(path, files), Context: ctx, Limits: s.bounds(),
			})
		}
		if ctx.Err() != nil {
			return nil, fmt.Sprintf("the timelines took longer than %s (gatefold test runs them to their end)", s.limits.Stories)
		}
		if !of.OK() {
			problems := of.Problems()
			out.Failing = append(out.Failing, path)
			out.Problems = append(out.Problems, problems[:min(len(problems), mostOfAStory)]...)
		}
	}
	s.note.story = ""
	return out, ""
}
