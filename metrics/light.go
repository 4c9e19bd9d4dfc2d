package metrics

// LightChanged counts a change of what the light shows.
func (m *Metrics) LightChanged() { m.changes.Inc() }

// LightConnected says whether the light is there.
func (m *Metrics) LightConnected(yes bool) { m.light.Set(bit(yes)) }

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
