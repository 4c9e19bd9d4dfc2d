package metrics

import (
	"maps"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// LightChanged counts a change of what a light shows.
func (m *Metrics) LightChanged() { m.changes.Inc() }

// LightConnected says whether every light that is wanted is there.
func (m *Metrics) LightConnected(yes bool) { m.light.Set(bit(yes)) }

// LightState says what is true of a light, in a word of the closed set of states. A light that is not among those of
// the options gets a series of its own while there is room, and then shares that of "other".
func (m *Metrics) LightState(light, state string) { m.lights.hold(light, state) }

// Alive says whether the accounts' loops answer.
func (m *Metrics) Alive(yes bool) { m.alive.Set(bit(yes)) }

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// strangers is how many lights may have series that the options do not name: those that rules name by their serials.
const strangers = 8

// lights are the states of lights: for each of them one is 1 and the others are 0.
type lights struct {
	desc *prometheus.Desc
	set  closed

	mu    sync.Mutex
	room  int
	state map[string]int // by light
}

var _ prometheus.Collector = (*lights)(nil)

func (g *group) lights(names []string) *lights {
	l := &lights{
		desc: prometheus.NewDesc("gatefold_light_state", "What is true of each light, and why if it is not connected: 1 for the one that holds.", []string{"light", "state"}, nil),
		set:  lightStates(), room: len(names) + strangers, state: make(map[string]int),
	}
	for _, name := range names {
		l.hold(name, "none")
	}
	return add(g, l)
}

func (l *lights) hold(light, state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.state[light]; !known && len(l.state) >= l.room {
		light = other
	}
	l.state[light] = l.set.index(state)
}

// Describe sends the family's description.
func (l *lights) Describe(ch chan<- *prometheus.Desc) { ch <- l.desc }

// Collect sends every state of every light.
func (l *lights) Collect(ch chan<- prometheus.Metric) {
	l.mu.Lock()
	now := maps.Clone(l.state)
	l.mu.Unlock()
	for _, light := range slices.Sorted(maps.Keys(now)) {
		for i, state := range l.set.names {
			ch <- &lightPoint{l.desc, light, state, bit(i == now[light])}
		}
	}
}

// lightPoint is one series at a scrape.
type lightPoint struct {
	desc         *prometheus.Desc
	light, state string
	v            float64
}

// Desc implements prometheus.Metric.
func (p *lightPoint) Desc() *prometheus.Desc { return p.desc }

// Write implements prometheus.Metric.
func (p *lightPoint) Write(m *dto.Metric) error {
	light, state := "light", "state"
	m.Label = []*dto.LabelPair{{Name: &light, Value: &p.light}, {Name: &state, Value: &p.state}}
	m.Gauge = &dto.Gauge{Value: &p.v}
	return nil
}
