package engine

// Ping asks whether the loop still takes what it is sent: it changes nothing, and is told by an OrderReport with its ID.
type Ping struct{ ID string }

func (Ping) input() {}
