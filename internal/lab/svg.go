package lab

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
)

// SVG draws the time to the first pause against calls a day: one panel for visits from silence, one for those within
// listening. It is readable on light and on dark paper, and depends on nothing but the report.
func (r *Report) SVG(to io.Writer) error {
	p := newPlot(r)
	p.head()
	p.panel(60, "from silence", func(m *Measures) Detection { return m.Silence })
	p.panel(60+panelWide+70, "from within the owners' listening", func(m *Measures) Detection { return m.Within })
	p.legend()
	p.add("</svg>\n")
	_, err := to.Write(p.Bytes())
	return err
}

// Sizes in pixels.
const (
	panelWide, panelHigh = 430.0, 360.0
	panelTop             = 64.0
	plotWide, plotHigh   = 60 + 2*panelWide + 70 + 24, panelTop + panelHigh + 96
)

type plot struct {
	bytes.Buffer
	r    *Report
	x, y axis
}

// axis is logarithmic.
type axis struct{ least, most float64 }

// at is where a value lies, from 0 to 1.
func (a axis) at(v float64) float64 {
	v = min(max(v, a.least), a.most)
	return math.Log(v/a.least) / math.Log(a.most/a.least)
}

// ticks are 1, 2 and 5 times the powers of ten.
func (a axis) ticks() []float64 {
	var out []float64
	for p := math.Pow(10, math.Floor(math.Log10(a.least))); p <= a.most; p *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if v := m * p; v >= a.least*0.999 && v <= a.most*1.001 {
				out = append(out, v)
			}
		}
	}
	return out
}

// covering is an axis on which all values have room.
func covering(values []float64) axis {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	if most == 0 {
		return axis{1, 10}
	}
	return axis{least / 1.6, most * 1.6}
}

func newPlot(r *Report) *plot {
	var x, y []float64
	for _, m := range append(append([]Measures(nil), r.Policies...), r.Curve...) {
		x = append(x, m.CallsPerDay)
		y = append(y, m.Silence.Mean, m.Silence.P95, m.Within.Mean, m.Within.P95)
	}
	return &plot{r: r, x: covering(x), y: covering(y)}
}

func (p *plot) add(format string, a ...any) { fmt.Fprintf(p, format, a...) }

func (p *plot) head() {
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="time to the first pause against calls a day">
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328 } .dim { fill: #59636e } .title { font-weight: 600; font-size: 14px }
  .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .lead { stroke: #59636e; stroke-width: .7 } .curve { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none }
  .ours { fill: #1a7f37; stroke: #1a7f37 } .fixed { fill: #57606a; stroke: #57606a } .other { fill: #0969da; stroke: #0969da } .bound { fill: #bc4c00; stroke: #bc4c00 }
  .whisker { stroke-width: 1.5 } text.ours, text.fixed, text.other, text.bound { stroke: none } text.ours { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .dim { fill: #9198a1 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .lead { stroke: #9198a1 } .curve { stroke: #9da7b1 }
    .ours { fill: #3fb950; stroke: #3fb950 } .fixed { fill: #9da7b1; stroke: #9da7b1 } .other { fill: #58a6ff; stroke: #58a6ff } .bound { fill: #f0883e; stroke: #f0883e }
  }
</style>
<rect class="paper" width="100%%" height="100%%"/>
`, plotWide, plotHigh, plotWide, plotHigh)
	p.add(`<text class="title" x="60" y="24">Time from an intruder's first second to the first pause, against calls a day</text>`+"\n"+
		`<text class="dim" x="60" y="42">gatefold simulate: %d days, population %s, seed%s; both scales are logarithmic</text>`+"\n",
		p.r.Days, html.EscapeString(p.r.Population), html.EscapeString(seeds(p.r.Seeds)))
}

// frame places values in one panel.
type frame struct {
	*plot
	left float64
	used []box
}

func (f *frame) px(calls float64) float64  { return f.left + panelWide*f.x.at(calls) }
func (f *frame) py(second float64) float64 { return panelTop + panelHigh*(1-f.y.at(second)) }

func (p *plot) panel(left float64, title string, of func(*Measures) Detection) {
	f := &frame{plot: p, left: left}
	p.add(`<text x="%.1f" y="%.1f" font-weight="600">%s</text>`+"\n", left, panelTop-4, html.EscapeString(title))
	for _, t := range p.x.ticks() {
		x := f.px(t)
		p.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="dim" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			x, x, panelTop, panelTop+panelHigh, x, panelTop+panelHigh+16, short(t))
	}
	for _, t := range p.y.ticks() {
		y := f.py(t)
		p.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="dim" x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, left+panelWide, y, y, left-6, y+4, short(t))
	}
	p.add(`<text class="dim" x="%.1f" y="%.1f" text-anchor="middle">calls a day</text>`+"\n", left+panelWide/2, panelTop+panelHigh+34)
	p.add(`<text class="dim" transform="translate(%.1f %.1f) rotate(-90)" text-anchor="middle">seconds</text>`+"\n", left-40, panelTop+panelHigh/2)
	f.curve(of)
	f.points(of)
}

// short writes 1500 as 1.5k.
func short(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%gk", v/1000)
	}
	return fmt.Sprintf("%g", math.Round(v*100)/100)
}

// curve joins the means of the fixed intervals.
func (f *frame) curve(of func(*Measures) Detection) {
	if len(f.r.Curve) == 0 {
		return
	}
	f.add(`<polyline class="curve" points="`)
	for i := range f.r.Curve {
		m := &f.r.Curve[i]
		x, y := f.px(m.CallsPerDay), f.py(of(m).Mean)
		f.used = append(f.used, box{x - 4, y - 4, 8, 8})
		f.add("%.1f,%.1f ", x, y)
	}
	f.add(`"/>` + "\n")
}

// points draws a mark for each policy with its whisker, then the names where there is room.
func (f *frame) points(of func(*Measures) Detection) {
	for i := range f.r.Policies {
		m := &f.r.Policies[i]
		d := of(m)
		if d.Visits == 0 {
			continue
		}
		x, mean, p95 := f.px(m.CallsPerDay), f.py(d.Mean), f.py(d.P95)
		f.used = append(f.used, box{x - 5, min(mean, p95) - 2, 10, math.Abs(mean-p95) + 8})
		f.add(`<g class="%s"><line class="whisker" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><line class="whisker" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><circle cx="%.1f" cy="%.1f" r="4.5"><title>%s: mean %.1f s, p95 %.1f s, %.0f calls a day</title></circle></g>`+"\n",
			f.class(m.Policy), x, x, mean, p95, x-4, x+4, p95, p95, x, mean, html.EscapeString(m.Policy), d.Mean, d.P95, m.CallsPerDay)
	}
	for i := range f.r.Policies {
		m := &f.r.Policies[i]
		if d := of(m); d.Visits > 0 {
			f.name(m.Policy, f.px(m.CallsPerDay), f.py(d.Mean))
		}
	}
}

// class says how a policy is coloured.
func (f *frame) class(policy string) string {
	switch {
	case policy == "clairvoyant":
		return "bound"
	case policy == "original 3s", policy == "30s + track end":
		return "other"
	case len(policy) > 5 && policy[:5] == "fixed":
		return "fixed"
	}
	return "ours"
}

// box is a part of the plot that something covers.
type box struct{ x, y, w, h float64 }

func (a box) overlaps(b box) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// name writes a policy's name near its mark, in the nearest place that nothing covers.
func (f *frame) name(policy string, x, y float64) {
	wide := 6.6*float64(len(policy)) + 4
	best := box{x + 9, y - 8, wide, 16}
	for ring := 0.0; ring < 12; ring++ {
		free := false
		for _, try := range []box{
			{x + 9, y - 8 + 9*ring, wide, 16}, {x - 9 - wide, y - 8 + 9*ring, wide, 16},
			{x + 9, y - 8 - 9*ring, wide, 16}, {x - 9 - wide, y - 8 - 9*ring, wide, 16},
			{x - wide/2, y + 8 + 9*ring, wide, 16},
		} {
			if f.inside(try) && f.free(try) {
				best, free = try, true
				break
			}
		}
		if free {
			break
		}
	}
	f.used = append(f.used, best)
	if middle := best.y + 8; math.Abs(middle-y) > 14 {
		edge := best.x
		if best.x+best.w < x {
			edge = best.x + best.w
		}
		f.add(`<line class="lead" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x, y, edge, middle)
	}
	f.add(`<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n", f.class(policy), best.x+2, best.y+12, html.EscapeString(policy))
}

func (f *frame) inside(b box) bool {
	return b.x >= f.left && b.x+b.w <= f.left+panelWide && b.y >= panelTop && b.y+b.h <= panelTop+panelHigh
}

func (f *frame) free(b box) bool {
	for _, u := range f.used {
		if b.overlaps(u) {
			return false
		}
	}
	return true
}

func (p *plot) legend() {
	y := plotHigh - 26
	p.add(`<circle class="fixed" cx="68" cy="%.1f" r="4.5"/><text x="80" y="%.1f">mean</text>`+"\n", y, y+4)
	p.add(`<g class="fixed"><line class="whisker" x1="138" x2="138" y1="%.1f" y2="%.1f"/><line class="whisker" x1="134" x2="142" y1="%.1f" y2="%.1f"/></g><text x="150" y="%.1f">to the 95th percentile</text>`+"\n",
		y-8, y+8, y-8, y-8, y+4)
	x := 310.0
	if len(p.r.Curve) > 0 {
		p.add(`<line class="curve" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f">fixed intervals from %.0f to %.0f s (mean)</text>`+"\n",
			x, x+30, y, y, x+38, y+4, p.r.Curve[0].Interval, p.r.Curve[len(p.r.Curve)-1].Interval)
		x += 290
	}
	p.add(`<text class="dim" x="%.1f" y="%.1f">lower and further to the left is better</text>`+"\n", x, y+4)
}
