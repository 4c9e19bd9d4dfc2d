package timeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatefold/engine"
)

// offered is a message with buttons that was sent.
type offered struct {
	id     string
	labels []string
}

// presser is who presses a button if a story does not say.
const presser = "U0DECIDER"

// offers remembers the buttons of a message.
func (r *run) offers(a *account, e engine.Effect) {
	for _, m := range r.modules {
		if m.Messages == nil {
			continue
		}
		var labels []string
		for _, o := range m.Messages.Offers(e) {
			labels = append(labels, o.Label)
		}
		if len(labels) > 0 {
			r.offered[a.name] = append(r.offered[a.name], offered{e.ID, labels})
			return
		}
	}
}

// press reads `label="Allow for an hour" [by=U0ANN]`: somebody presses that button of the newest message that has one, whether
// it was answered or not.
func (p *parser) press(n int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	by, given := ws.take("by")
	if !given {
		by.value = presser
	}
	label, ok := ws.take("label")
	if !ok || label.value == "" {
		return nil, wrongAt(ws.end, `which button? Like: press label="Allow for an hour" by=U0ANN`)
	}
	return func(r *run) error {
		for _, m := range slices.Backward(r.offered[account]) {
			if i := slices.Index(m.labels, label.value); i >= 0 {
				r.presses++
				in := engine.Press{ID: publishing, Press: strconv.Itoa(r.presses), Message: m.id, Offer: i, By: "slack:" + by.value}
				return ordered(account, in)(r)
			}
		}
		return &Error{r.t.Name, n, label.col, fmt.Sprintf("no message has had a button %q%s", cutText(label.value), r.labels(account))}
	}, nil
}

// labels says which buttons there are.
func (r *run) labels(account string) string {
	var all []string
	for _, m := range r.offered[account] {
		for _, l := range m.labels {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	if len(all) == 0 {
		return ", nor any other"
	}
	return ": there were " + strings.Join(all, ", ")
}
