package metrics

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

const (
	// maxDevices bounds the devices of one account that get a series of their
	// own: names are in the hands of whoever plays, and every new one is a
	// series that Prometheus keeps for months.
	maxDevices = 50
	other      = "other"
	unnamed    = "unnamed"
)

// deviceTypes are the types that Spotify's player reports, as rules see them.
func deviceTypes() []string {
	return []string{
		"computer", "tablet", "smartphone", "smartwatch", "speaker", "tv", "avr", "stb", "audiodongle",
		"gameconsole", "castvideo", "castaudio", "automobile", "unknown",
	}
}

// device is a name and a type.
type device struct{ name, typ string }

// playing is what plays on one account.
type playing struct {
	account string

	mu    sync.Mutex
	same  bool     // whether being told raw again changes nothing
	on    bool     // whether something plays
	raw   device   // what plays, as it was told
	shown device   // and as a scrape shows it
	known []device // those with a series of their own, by their clean names
}

// Playing says which device plays, by its name and type (compared without regard
// to case), or that nothing plays. The series of what played before goes.
//
// After 50 devices of an account every further one is "other", in name and type.
// A type that Spotify is not known to report is "other".
func (m *Metrics) Playing(account, name, typ string, playing bool) {
	if a := m.on(account); a != nil {
		a.playing.tell(device{name, typ}, playing)
	}
}

func (p *playing) tell(d device, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !on:
		p.same, p.on, p.raw = false, false, device{}
	case p.same && p.raw == d: // a look that shows nothing new costs nothing
	default:
		p.same, p.raw = false, device{}
		if len(d.name)+len(d.typ) <= 8*maxRunes { // a huge name is not kept
			p.same, p.raw = true, d
		}
		p.shown, p.on = p.admit(device{clean(d.name, unnamed), deviceType(d.typ)}), true
	}
}

// admit gives the device if it is known or there is room for it, else "other".
func (p *playing) admit(d device) device {
	if slices.Contains(p.known, d) {
		return d
	}
	if len(p.known) == maxDevices {
		return device{other, other}
	}
	p.known = append(p.known, d)
	return d
}

func deviceType(typ string) string {
	for _, t := range deviceTypes() {
		if strings.EqualFold(t, typ) {
			return t
		}
	}
	return other
}

// playingInfo is the family of what plays: at most one series per account. The
// old series goes in the same moment as the new one comes.
type playingInfo struct {
	desc *prometheus.Desc
	all  []*playing
}

var _ prometheus.Collector = (*playingInfo)(nil)

func (g *group) playingInfo(name, help string) *playingInfo {
	return add(g, &playingInfo{desc: prometheus.NewDesc(name, help, []string{labelAccount, "device", "type"}, nil)})
}

func (f *playingInfo) of(account string) *playing {
	p := &playing{account: account}
	f.all = append(f.all, p)
	return p
}

// Describe sends the family's description.
func (f *playingInfo) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

// Collect sends what plays.
func (f *playingInfo) Collect(ch chan<- prometheus.Metric) {
	for _, p := range f.all {
		p.mu.Lock()
		on, d := p.on, p.shown
		p.mu.Unlock()
		if on {
			ch <- &playingNow{f.desc, p.account, d}
		}
	}
}

// playingNow is what plays at a scrape.
type playingNow struct {
	desc    *prometheus.Desc
	account string
	device  device
}

var _ prometheus.Metric = (*playingNow)(nil)

// Desc implements prometheus.Metric.
func (n *playingNow) Desc() *prometheus.Desc { return n.desc }

// Write implements prometheus.Metric.
func (n *playingNow) Write(m *dto.Metric) error {
	m.Label = accountLabels(n.account, "device", n.device.name, "type", n.device.typ)
	m.Gauge = &dto.Gauge{Value: new(1.0)}
	return nil
}
