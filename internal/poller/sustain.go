package poller

import "time"

const (
	enforceOver = 20 * time.Minute
	askedOver   = time.Hour
)

// enforcePace is the shortest time between looks that may each be followed by a pause.
func enforcePace(i Intervals, b Budget) time.Duration {
	return max(b.pair(), sustained(i, b, 2, enforceOver))
}

// sustained is the shortest time between looks of so many calls each, so that hours of
// it leave every later look its longest interval: somebody who stays all day, or a
// rule that asks for more than there is, must not burn the budget of what comes after.
// What is left beyond that is spent within about so long, faster at first. Where not
// even that much is left, it is the pace that lasts until calls of yesterday come back.
// 0: the day does not limit it.
func sustained(i Intervals, b Budget, calls float64, over time.Duration) time.Duration {
	if !b.days() {
		return 0
	}
	longest := b.stretched(b.longest(i.IdleMax))
	perSlot := Slot.Seconds() / longest.Seconds()
	left := b.unspent()
	if calls == 1 {
		left = b.left() // ordinary looks: what is kept back is not for them
	}
	least, lasting := left-spare*b.looks(), 0.0 // seconds between two calls
	for k, n := range b.Day {
		lasting = max(lasting, float64(k+1)*Slot.Seconds()/max(left+perSlot*float64(k), 1))
		left -= perSlot // before the calls of this part of yesterday are a day old
		least = min(least, left-spare*b.looks())
		left += float64(n)
	}
	slowest := max(longest, time.Duration(calls*lasting*float64(time.Second)))
	if least <= 1 {
		return slowest
	}
	return min(time.Duration(calls*float64(over)/least), slowest)
}
