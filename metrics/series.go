package metrics

import (
	"math"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// accountFamily is a family with series of every account: one, or one for every
// name of a closed set. The client library keeps about 400 bytes for each of its
// children, which with ten thousand accounts of thirty series is what most of the
// memory would hold. Here a series is its value, and gets its labels when it is
// scraped.
type accountFamily struct {
	desc    *prometheus.Desc
	typ     prometheus.ValueType
	label   string  // beside account; "": there is none
	set     *closed // of its values
	created *timestamppb.Timestamp
	all     []*cells
}

var _ prometheus.Collector = (*accountFamily)(nil)

// cells are one account's series of a family.
type cells struct {
	account string
	set     *closed
	all     []cell
}

// cell is the value of one series, a gauge or a counter.
type cell struct{ bits atomic.Uint64 }

func (c *cell) Set(v float64)  { c.bits.Store(math.Float64bits(v)) }
func (c *cell) Inc()           { c.Add(1) }
func (c *cell) value() float64 { return math.Float64frombits(c.bits.Load()) }

// Add must not be given what a counter cannot take.
func (c *cell) Add(v float64) {
	for {
		old := c.bits.Load()
		if c.bits.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

// accountGauges and accountCounters make families; a label is given with its set.
func (g *group) accountGauges(name, help string, of ...labelled) *accountFamily {
	return g.accountFamily(prometheus.GaugeValue, name, help, of)
}

func (g *group) accountCounters(name, help string, of ...labelled) *accountFamily {
	return g.accountFamily(prometheus.CounterValue, name, help, of)
}

// labelled is a label beside the account's; its name comes after "account" in the alphabet,
// as labels must be in order.
type labelled struct {
	label string
	set   closed
}

func (g *group) accountFamily(typ prometheus.ValueType, name, help string, of []labelled) *accountFamily {
	f := &accountFamily{typ: typ, created: timestamppb.New(g.created)}
	labels := []string{labelAccount}
	if len(of) > 0 {
		f.label, f.set = of[0].label, &of[0].set
		labels = append(labels, f.label)
	}
	f.desc = prometheus.NewDesc(name, help, labels, nil)
	return add(g, f)
}

const labelAccount = "account"

// of adds an account, with every series at 0.
func (f *accountFamily) of(account string) *cells {
	n := 1
	if f.set != nil {
		n = len(f.set.names)
	}
	c := &cells{account: account, set: f.set, all: make([]cell, n)}
	f.all = append(f.all, c)
	return c
}

// the is the only series of a family without a second label.
func (c *cells) the() *cell { return &c.all[0] }

func (c *cells) of(name string) *cell { return &c.all[c.set.index(name)] }

// Describe sends the family's description.
func (f *accountFamily) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

// Collect sends every series of every account.
func (f *accountFamily) Collect(ch chan<- prometheus.Metric) {
	for _, c := range f.all {
		for i := range c.all {
			p := &point{desc: f.desc, typ: f.typ, account: c.account, label: f.label, v: c.all[i].value(), created: f.created}
			if f.set != nil {
				p.name = f.set.names[i]
			}
			ch <- p
		}
	}
}

// point is a series of an account at a scrape.
type point struct {
	desc    *prometheus.Desc
	typ     prometheus.ValueType
	account string
	label   string
	name    string
	v       float64
	created *timestamppb.Timestamp // of a counter
}

var _ prometheus.Metric = (*point)(nil)

// Desc implements prometheus.Metric.
func (p *point) Desc() *prometheus.Desc { return p.desc }

// Write implements prometheus.Metric.
func (p *point) Write(m *dto.Metric) error {
	m.Label = accountLabels(p.account, p.label, p.name)
	if p.typ == prometheus.CounterValue {
		m.Counter = &dto.Counter{Value: &p.v, CreatedTimestamp: p.created}
		return nil
	}
	m.Gauge = &dto.Gauge{Value: &p.v}
	return nil
}

// accountLabels are the account's and, as far as they have names, others: in
// pairs of name and value, in order.
func accountLabels(account string, others ...string) []*dto.LabelPair {
	name := labelAccount
	out := []*dto.LabelPair{{Name: &name, Value: &account}}
	for i := 0; i+1 < len(others); i += 2 {
		if others[i] != "" {
			out = append(out, &dto.LabelPair{Name: &others[i], Value: &others[i+1]})
		}
	}
	return out
}
