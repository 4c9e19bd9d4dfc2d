package sim

import "fmt"

// scriptPress is a person who presses a button in Slack.
type scriptPress struct {
	user, label string
}

const pressesLike = `slack U0ANN presses "Allow for an hour"`

// slack reads what follows the word slack: `fails ...`, or `U0ANN presses "Allow for an hour"`.
func (l *Line) slack(w *words) (err error) {
	if len(w.rest) == 0 || !isUser(w.rest[0].text) || w.rest[0].kind != word {
		if len(w.rest) == 0 || w.rest[0].text != "fails" {
			return fmt.Errorf("slack fails, or somebody presses a button there: write slack %s, or %s%s", failsLike, pressesLike, w.instead())
		}
		l.fault, err = slackFaults().parse(w)
		return err
	}
	user, _ := w.next()
	if !w.take("presses") {
		return fmt.Errorf("somebody in Slack can only press a button%s; like: %s", w.instead(), pressesLike)
	}
	label, err := w.quoted("presses", pressesLike)
	if err == nil && label == "" {
		err = fmt.Errorf("a button has a label; like: %s", pressesLike)
	}
	l.press = &scriptPress{user: user.text, label: label}
	return err
}
