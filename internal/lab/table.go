package lab

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes a report for people.
func (r *Report) Table(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(to, "%d days of the population %q, seed%s: owners listen %.1f hours a day, intruders come %d times of themselves, and again after a pause.\n\n",
		r.Days, r.Population, seeds(r.Seeds), r.Listening, r.First)
	fmt.Fprintln(w, "policy\tvisits\tcalls\t429s\tlocked\tsilence\tp95\twithin\tp95\tno\theard\tburner\theard\tverified\tneedless\tneedless\tmessages\tbytes\tlongest\t")
	fmt.Fprintln(w, "\t\t/day\t\tmin\tmean s\ts\tmean s\ts\tpause\ts/min\ts/min\tmin/day\t%\t(id kept)\t(ignored)\t/visit\t/day\tgap s\t")
	for _, m := range r.Policies {
		name := m.Policy
		if m.Interval > 0 {
			name += fmt.Sprintf(" (%.1fs)", m.Interval)
		}
		bytes := "-"
		if m.BytesPerDay > 0 {
			bytes = fmt.Sprint(m.BytesPerDay)
		}
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%d\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%.1f\t%.1f\t%.1f\t%.0f\t%d\t%d\t%.2f\t%s\t%.0f\t\n",
			name, m.Any.Visits, m.CallsPerDay, m.Refused, m.LockedMinutes, m.Silence.Mean, m.Silence.P95, m.Within.Mean, m.Within.P95, m.Any.Unpaused,
			m.HeardPerMinute, m.BurnerPerMinute, m.HeardPerDay/60, 100*m.Verified, m.Needless, m.NeedlessIgnored, m.MessagesPerVisit, bytes, m.LongestGap)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprint(to, legend)
	if len(r.Seeds) > 1 {
		r.spreads(to)
	}
	if len(r.Stubborn) > 0 {
		r.stubborn(to)
	}
	if len(r.Aims) == 0 {
		return nil
	}
	w = tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nAims")
	for _, a := range r.Aims {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", a.Reached, a.Text, a.Figures)
	}
	return w.Flush()
}

const legend = `
silence, within  from the first second of a visit to the first pause that took effect (or to its end), where it began in
                 silence, and where it began while an owner could be heard
no pause         visits that ended without one
heard, burner    seconds that could be heard of a minute of visits; of those that stay for hours; minutes a day in all
verified         pauses whose effect a look has told that was sent within a minute
needless         pauses of an owner's device: where the server honours the device's id, and where it ignores it
`

func (r *Report) spreads(to io.Writer) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(to, "\nSmallest and greatest among the seeds")
	fmt.Fprintln(w, "policy\tcalls/day\tsilence mean\tp95\twithin mean\tp95\t")
	for _, m := range r.Policies {
		fmt.Fprintf(w, "%s", m.Policy)
		s := m.Spread
		fmt.Fprintf(w, "\t%.0f to %.0f", s.CallsPerDay[0], s.CallsPerDay[1])
		for _, f := range [][2]float64{s.Silence, s.SilenceP95, s.Within, s.WithinP95} {
			fmt.Fprintf(w, "\t%.1f to %.1f", f[0], f[1])
		}
		fmt.Fprintln(w, "\t")
	}
	_ = w.Flush()
}

func (r *Report) stubborn(to io.Writer) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(to, "\nThe stubborn intruder: alone for 30 min, presses play again 2 s after every pause")
	fmt.Fprintln(w, "policy\theard s/min\tat volume 0 s/min\tcalls\tof the possible silence\t")
	for _, s := range r.Stubborn {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%d\t%.0f %%\t\n", s.Policy, s.Heard, s.Muted, s.Calls, 100*s.Bound)
	}
	_ = w.Flush()
}

func seeds(s []uint64) string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(s), " ", ", "), "[]")
	if len(s) > 1 {
		return "s " + text
	}
	return " " + text
}
