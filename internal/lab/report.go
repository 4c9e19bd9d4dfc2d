package lab

import (
	"context"
	"slices"
	"time"
)

// Report is what a run found.
type Report struct {
	Population string     `json:"population"`
	Days       int        `json:"days"`
	Seeds      []uint64   `json:"seeds"`
	First      int        `json:"first_visits"`
	Listening  float64    `json:"owners_hours_per_day"`
	Policies   []Measures `json:"policies"`
	Stubborn   []Stubborn `json:"stubborn,omitempty"`
	Curve      []Measures `json:"fixed_intervals,omitempty"`
	Aims       []Aim      `json:"aims"`
}

// Measures are the figures of one policy, over all seeds. Times are in seconds.
type Measures struct {
	Policy   string  `json:"policy"`
	Interval float64 `json:"interval,omitempty"` // of the fixed one that spends as many calls as ours

	CallsPerDay   float64 `json:"calls_per_day"`
	Refused       int     `json:"refused"`        // 429s
	LockedMinutes float64 `json:"locked_minutes"` // in all

	Silence Detection `json:"from_silence"`
	Within  Detection `json:"from_within"`
	Any     Detection `json:"any"`

	HeardPerMinute   float64 `json:"heard_seconds_per_intruder_minute"`
	BurnerPerMinute  float64 `json:"heard_seconds_per_burner_minute"` // alone; those above are all the others
	HeardPerDay      float64 `json:"heard_seconds_per_day"`
	Pauses           int     `json:"pauses"`
	Verified         float64 `json:"verified"` // share of the pauses
	Needless         int     `json:"needless_id_honoured"`
	NeedlessIgnored  int     `json:"needless_id_ignored"`
	MessagesPerVisit float64 `json:"messages_per_visit"`
	BytesPerDay      int64   `json:"bytes_per_day,omitempty"`
	LongestGap       float64 `json:"longest_gap"` // without an answer to a look
	Stated           int     `json:"visits_with_a_stated_worst"`
	Exceeded         int     `json:"visits_later_than_stated"` // first look
	MostStated       float64 `json:"worst_stated"`
	Spread           Spread  `json:"spread"`
}

// Detection is the time from the first second of a visit to the first pause that took effect; where there was none, to
// the end of the visit.
type Detection struct {
	Visits   int     `json:"visits"`
	Mean     float64 `json:"mean"`
	P95      float64 `json:"p95"`
	Unpaused int     `json:"unpaused"` // visits that ended without a pause
}

// Spread is the least and the greatest of a figure among the seeds.
type Spread struct {
	CallsPerDay [2]float64 `json:"calls_per_day"`
	Silence     [2]float64 `json:"from_silence_mean"`
	Within      [2]float64 `json:"from_within_mean"`
	SilenceP95  [2]float64 `json:"from_silence_p95"`
	WithinP95   [2]float64 `json:"from_within_p95"`
}

func (l *laboratory) report(ctx context.Context) (*Report, error) {
	p := l.o.Params[0]
	out := &Report{Population: p.Population, Days: p.Days}
	for _, p := range l.o.Params {
		out.Seeds = append(out.Seeds, p.Seed)
	}
	for _, s := range l.stories {
		out.First += len(s.Visits)
		out.Listening += s.hours() / float64(p.Days*len(l.stories))
	}
	for _, r := range l.all {
		out.Policies = append(out.Policies, l.measures(r))
	}
	for _, r := range l.curve {
		out.Curve = append(out.Curve, l.measures(r))
	}
	if l.o.Disk {
		if err := l.disk(ctx, out); err != nil {
			return nil, err
		}
	}
	if l.o.Stubborn {
		var err error
		if out.Stubborn, err = StubbornIntruder(append(slices.Clone(l.o.Ours), l.o.Against...)); err != nil {
			return nil, err
		}
	}
	out.Aims = out.aims(l.o.Ours[0].name())
	return out, nil
}

// counted are the visits that count: those after the time that is for learning.
func (l *laboratory) counted(r *record) []*Seen {
	return slices.DeleteFunc(slices.Clone(r.Visits), func(v *Seen) bool { return v.Begin < l.o.Warm })
}

func (l *laboratory) measures(r *runs) Measures {
	days := float64(len(r.honoured) * l.o.Params[0].Days)
	m := Measures{Policy: r.name}
	for _, every := range r.every {
		m.Interval += every.Seconds() / float64(len(r.every))
	}
	var visits []*Seen
	var heard, present, burnt, burning time.Duration
	verified, messages := 0, 0
	for i, rec := range r.honoured {
		visits = append(visits, l.counted(rec)...)
		m.CallsPerDay += float64(len(rec.Sent)) / days
		m.Refused += rec.Refused
		m.LockedMinutes += rec.Locked.Minutes()
		m.Pauses += rec.Pauses
		verified += rec.Verified
		messages += rec.Messages
		m.Needless += rec.Needless
		if r.ignored[i] != nil {
			m.NeedlessIgnored += r.ignored[i].Needless
		}
		m.LongestGap = max(m.LongestGap, rec.Gap.Seconds())
	}
	for _, v := range visits {
		if v.Burner {
			burnt, burning = burnt+v.Heard, burning+v.End-v.Begin
		} else {
			heard, present = heard+v.Heard, present+v.End-v.Begin
		}
		if v.Stated > 0 {
			m.Stated++
			m.MostStated = max(m.MostStated, v.Stated.Seconds())
			if late := v.Looked < v.Begin && v.End-v.Begin > v.Stated || v.Looked-v.Begin > v.Stated; late {
				m.Exceeded++
			}
		}
	}
	m.Silence, m.Within, m.Any = detection(visits, silence), detection(visits, within), detection(visits, anyVisit)
	m.HeardPerMinute, m.BurnerPerMinute = perMinute(heard, present), perMinute(burnt, burning)
	m.HeardPerDay = (heard + burnt).Seconds() / days
	if m.Pauses > 0 {
		m.Verified = float64(verified) / float64(m.Pauses)
	}
	if len(visits) > 0 {
		m.MessagesPerVisit = float64(messages) / float64(len(visits))
	}
	m.Spread = l.spread(r)
	return m
}

// perMinute is how many seconds of a minute were heard.
func perMinute(heard, present time.Duration) float64 {
	if present <= 0 {
		return 0
	}
	return 60 * heard.Seconds() / present.Seconds()
}

func silence(s *Seen) bool { return !s.Within }
func within(s *Seen) bool  { return s.Within }
func anyVisit(*Seen) bool  { return true }

func detection(visits []*Seen, which func(*Seen) bool) Detection {
	var d Detection
	var times []float64
	for _, v := range visits {
		if !which(v) {
			continue
		}
		times = append(times, v.Until().Seconds())
		if v.Paused < v.Begin {
			d.Unpaused++
		}
	}
	if d.Visits = len(times); d.Visits == 0 {
		return d
	}
	for _, t := range times {
		d.Mean += t / float64(len(times))
	}
	slices.Sort(times)
	d.P95 = quantile(times, 0.95)
	return d
}

// quantile of what is sorted: between its neighbours in a straight line.
func quantile(s []float64, q float64) float64 {
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

func (l *laboratory) spread(r *runs) Spread {
	var out Spread
	first := true
	for i, rec := range r.honoured {
		s, w := detection(l.counted(rec), silence), detection(l.counted(rec), within)
		for _, f := range []struct {
			to *[2]float64
			v  float64
		}{
			{&out.CallsPerDay, float64(len(rec.Sent)) / float64(l.o.Params[i].Days)},
			{&out.Silence, s.Mean}, {&out.Within, w.Mean}, {&out.SilenceP95, s.P95}, {&out.WithinP95, w.P95},
		} {
			if first {
				f.to[0], f.to[1] = f.v, f.v
			}
			f.to[0], f.to[1] = min(f.to[0], f.v), max(f.to[1], f.v)
		}
		first = false
	}
	return out
}

// policy finds the measures of one.
func (r *Report) policy(name string) *Measures {
	i := slices.IndexFunc(r.Policies, func(m Measures) bool { return m.Policy == name })
	if i < 0 {
		return nil
	}
	return &r.Policies[i]
}
