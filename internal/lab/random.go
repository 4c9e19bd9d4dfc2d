package lab

import (
	"math"
	"math/rand/v2"
	"time"
)

// mix is splitmix64: it makes neighbouring seeds have nothing in common.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// derive makes the seed of a stream from those above it.
func derive(seed uint64, path ...uint64) uint64 {
	for _, p := range path {
		seed = mix(mix(seed) ^ p)
	}
	return mix(seed)
}

// What the streams below a seed are for.
const (
	forPeople uint64 = iota + 1
	forListening
	forVisits
	forWorld
	forReturn
	forTaste
	forPhase
)

// chance is a stream of random numbers.
type chance struct{ *rand.Rand }

func newChance(seed uint64) chance { return chance{rand.New(rand.NewPCG(seed, mix(seed)))} }

// odds is true with a probability.
func (c chance) odds(p float64) bool { return c.Float64() < p }

// between is uniform.
func (c chance) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.Float64()*float64(most-least))
}

// logUniform is uniform in the logarithm: as often between 1 and 2 as between 2 and 4.
func (c chance) logUniform(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), c.Float64()))
}

// lognormal has a median and a spread.
func (c chance) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*c.NormFloat64()))
}

// about is within a part of d, uniformly.
func (c chance) about(d time.Duration, part float64) time.Duration {
	return time.Duration(float64(d) * (1 + part*(2*c.Float64()-1)))
}
