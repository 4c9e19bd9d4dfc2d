package builtins

import (
	"errors"
	"time"

	"go.starlark.net/starlark"
)

// now.between(from, to, days="") says whether the event lies in a span of the day.
func between(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	from, to := clockTime{}, clockTime{end: true}
	var days weekdays
	if err := unpack(b, args, kwargs, "from", &from, "to", &to, "days?", &days); err != nil {
		return nil, err
	}
	if from.minutes == to.minutes {
		return nil, errors.New(`between: from and to are the same time: for a whole day write between("00:00", "24:00")`)
	}
	return starlark.Bool(span{from.minutes, to.minutes, days}.has(b.Receiver().(*nowValue).time)), nil
}

// span is a part of a day, in minutes from midnight, without its end; over midnight if it ends before it begins. Days
// are those on which it begins.
type span struct {
	from, to int
	days     weekdays
}

func (s span) has(t time.Time) bool {
	minute, today := t.Hour()*60+t.Minute(), t.Weekday()
	if s.from < s.to {
		return s.from <= minute && minute < s.to && s.days.Has(today)
	}
	yesterday := (today + 6) % 7
	return minute >= s.from && s.days.Has(today) || minute < s.to && s.days.Has(yesterday)
}
