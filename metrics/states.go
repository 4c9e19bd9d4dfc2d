package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// none says that no name of a set holds.
const none = -1

// states is a family in which at most one name of a closed set is 1 and the
// others are 0, per account. A scrape reads the name once and never finds two
// of them, or none on the way from one to the next, as separate gauges would show.
type states struct {
	desc *prometheus.Desc
	by   labelled
	all  []*state
}

var _ prometheus.Collector = (*states)(nil)

// state is what holds on one account.
type state struct {
	account string
	set     *closed
	current atomic.Int32 // index into set.names, or none
}

func (g *group) states(name, help string, of labelled) *states {
	return add(g, &states{desc: prometheus.NewDesc(name, help, []string{labelAccount, of.label}, nil), by: of})
}

// of adds an account with what holds at first.
func (s *states) of(account string, first int) *state {
	st := &state{account: account, set: &s.by.set}
	st.current.Store(int32(first))
	s.all = append(s.all, st)
	return st
}

func (st *state) hold(name string) { st.current.Store(int32(st.set.index(name))) }

func (st *state) clear() { st.current.Store(none) }

// Describe sends the family's description.
func (s *states) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect sends every name of every account.
func (s *states) Collect(ch chan<- prometheus.Metric) {
	for _, st := range s.all {
		current := int(st.current.Load())
		for i, name := range st.set.names {
			ch <- &point{desc: s.desc, typ: prometheus.GaugeValue, account: st.account, label: s.by.label, name: name, v: bit(i == current)}
		}
	}
}
