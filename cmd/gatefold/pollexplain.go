package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"gatefold/engine"
	"gatefold/internal/control"
	"gatefold/internal/poller"
)

// plans are when each account is looked at, and why.
func (d *daemon) plans(context.Context) (control.Plans, error) {
	out := control.Plans{Now: d.w.Clock.Now(), Accounts: []control.Plan{}}
	for _, a := range d.accounts {
		out.Accounts = append(out.Accounts, planOf(a.name, a.pacer.Explain()))
	}
	return out, nil
}

func planOf(account string, e poller.Explanation) control.Plan {
	p := control.Plan{
		Account: account, Cause: e.Plan.Cause, Worst: e.Plan.Worst, Learned: e.Learned,
		Price: e.Price, Stretch: e.Stretch, PerDay: e.PerDay, Looks: e.Looks, Urgent: e.Urgent,
		Watched: e.Watched, Visits: e.Visits, Returns: e.Returns, Hour: e.Hour, State: e.State, Return: e.Return,
	}
	for _, h := range e.Hours {
		p.Hours = append(p.Hours, control.PlanHour{Begins: h.Begins, Visits: h.Visits, Every: h.Every})
	}
	return p
}

// printReasons says what a plan follows from.
func printReasons(w io.Writer, p control.Plan) {
	fmt.Fprintf(w, "  spent  %d looks and %d urgent calls in 24 h, of %.0f that this account may make\n", p.Looks, p.Urgent, p.PerDay)
	if p.Stretch > 1 {
		fmt.Fprintf(w, "         the budget cannot pay for the longest intervals: they are %.1f times as long\n", p.Stretch)
	}
	fmt.Fprintf(w, "  price  a look is due when somebody unseen is expected to have played for %.4f s\n", p.Price)
	if p.Watched < 24*time.Hour {
		fmt.Fprintln(w, "  too early to have learned much: with less than a day of watching, what follows is mostly what is assumed at first")
	}
	fmt.Fprintf(w, "  learned from %s of watching: %.1f visits of denied devices (older ones count less), %.0f %% of them followed by another within an hour\n",
		longSpan(p.Watched), p.Visits, 100*p.Returns)
	fmt.Fprintf(w, "  now    %.2f first visits a day at this hour (of which %.1f times by what plays), %.2f returns a day\n", p.Hour, p.State, p.Return)
	most := 0.0
	for _, h := range p.Hours {
		most = max(most, h.Visits)
	}
	fmt.Fprintln(w, "  the next hours, while nothing plays:")
	for _, h := range p.Hours {
		bar := strings.Repeat("#", int(30*h.Visits/max(most, 1e-9)+0.5))
		fmt.Fprintf(w, "    %s  every %-7s %5.2f visits a day  %s\n", h.Begins.Format("Mon 15:04"),
			engine.FormatDuration(h.Every.Round(100*time.Millisecond)), h.Visits, bar)
	}
}

// longSpan is a long time in a few letters.
func longSpan(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	}
	return fmt.Sprintf("%.1f hours", d.Hours())
}
