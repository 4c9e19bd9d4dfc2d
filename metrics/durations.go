package metrics

import (
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// durations is a family of histograms, one for every account and name of a
// closed set, with classic and native buckets. A histogram of the client library
// is 1 KB before the first observation and up to 50 KB after many; one of these
// is 8 bytes, and 1.5 KB at most.
type durations struct {
	desc    *prometheus.Desc
	label   string  // beside account; "": there is none
	set     *closed // of its values
	bounds  []float64
	created *timestamppb.Timestamp
	all     []*accountDurations
}

var _ prometheus.Collector = (*durations)(nil)

// accountDurations are one account's; a histogram is made by its first observation.
type accountDurations struct {
	account string
	family  *durations
	all     []atomic.Pointer[distribution]
}

func (g *group) accountDurations(name, help string, bounds []float64, of ...labelled) *durations {
	f := &durations{set: &closed{names: []string{""}}, bounds: bounds, created: timestamppb.New(g.created)}
	labels := []string{labelAccount}
	if len(of) > 0 {
		f.label, f.set = of[0].label, &of[0].set
		labels = append(labels, f.label)
	}
	f.desc = prometheus.NewDesc(name, help, labels, nil)
	return add(g, f)
}

func (f *durations) of(account string) *accountDurations {
	d := &accountDurations{account: account, family: f, all: make([]atomic.Pointer[distribution], len(f.set.names))}
	f.all = append(f.all, d)
	return d
}

// observe counts so many seconds.
func (a *accountDurations) observe(name string, seconds float64) {
	at := &a.all[a.family.set.index(name)]
	d := at.Load()
	if d == nil {
		at.CompareAndSwap(nil, &distribution{classic: make([]uint32, len(a.family.bounds))})
		d = at.Load()
	}
	d.observe(a.family.bounds, seconds)
}

// Describe sends the family's description.
func (f *durations) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

// Collect sends every histogram of every account.
func (f *durations) Collect(ch chan<- prometheus.Metric) {
	for _, a := range f.all {
		for i := range a.all {
			ch <- &histogram{f, a.account, f.set.names[i], a.all[i].Load()}
		}
	}
}

// Native buckets: 8 to an octave, which makes each a tenth wider than the one
// before, from 122 µs to 128 s: 160 of them. What is shorter is in the zero
// bucket; longer than a request may take nothing is.
const (
	schema        = 3
	perOctave     = 1 << schema
	shortest      = 1.0 / (1 << 13)
	longestOctave = 7
)

// distribution is one histogram.
type distribution struct {
	mu      sync.Mutex
	count   uint64
	sum     float64
	zero    uint64
	classic []uint32 // not cumulative
	native  []bucket // by key
}

type bucket struct {
	key int16 // its upper bound is 2^(key/perOctave)
	n   uint32
}

func (d *distribution) observe(bounds []float64, v float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	d.sum += v
	if i := sort.SearchFloat64s(bounds, v); i < len(bounds) {
		d.classic[i]++
	}
	if v <= shortest {
		d.zero++
		return
	}
	key := int16(min(math.Ceil(math.Log2(v)*perOctave), longestOctave*perOctave))
	i, there := slices.BinarySearchFunc(d.native, key, func(b bucket, key int16) int { return int(b.key) - int(key) })
	if !there {
		d.native = slices.Insert(d.native, i, bucket{key: key})
	}
	d.native[i].n++
}

// histogram is a distribution at a scrape; nil: nothing was observed.
type histogram struct {
	f       *durations
	account string
	name    string
	d       *distribution
}

var _ prometheus.Metric = (*histogram)(nil)

// Desc implements prometheus.Metric.
func (h *histogram) Desc() *prometheus.Desc { return h.f.desc }

// Write implements prometheus.Metric.
func (h *histogram) Write(m *dto.Metric) error {
	d := h.d
	if d == nil {
		d = &distribution{classic: make([]uint32, len(h.f.bounds))}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	out := &dto.Histogram{
		SampleCount: new(d.count), SampleSum: new(d.sum), CreatedTimestamp: h.f.created,
		Schema: new(int32(schema)), ZeroThreshold: new(float64(shortest)), ZeroCount: new(d.zero),
	}
	var upTo uint64
	for i, n := range d.classic {
		upTo += uint64(n)
		out.Bucket = append(out.Bucket, &dto.Bucket{UpperBound: &h.f.bounds[i], CumulativeCount: new(upTo)})
	}
	out.PositiveSpan, out.PositiveDelta = spans(d.native)
	m.Label = accountLabels(h.account, h.f.label, h.name)
	m.Histogram = out
	return nil
}

// spans writes native buckets as the format wants them: stretches of buckets
// without a gap, each with its distance from the one before, and of each bucket
// by how much it differs from the one before.
func spans(all []bucket) (out []*dto.BucketSpan, deltas []int64) {
	next, before := 0, int64(0)
	for i, b := range all {
		if key := int(b.key); i == 0 || key != next {
			out = append(out, &dto.BucketSpan{Offset: new(int32(key - next)), Length: new(uint32(0))})
			next = key
		}
		*out[len(out)-1].Length++
		next++
		deltas = append(deltas, int64(b.n)-before)
		before = int64(b.n)
	}
	return out, deltas
}
