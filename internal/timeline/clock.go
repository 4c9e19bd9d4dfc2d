package timeline

import "time"

// clock is the story's: it stands still while something happens.
type clock struct{ now time.Time }

// Now gives the present moment of the story.
func (c *clock) Now() time.Time { return c.now }
