// Package contract holds nothing but tests, behind the build tag contract. They turn an OpenAPI description of the Web
// API that we did not write into a judge of both sides of ours: of every request that spotify.Client makes, and of every
// answer of the simulator that the other tests, the timelines and the demo believe.
//
// The description lies in shared/fixtures/openapi beside the repository, and is not copied. A checkout without it skips
// these tests, and says so with go test -v. What the description does not have, and Spotify does, is a list of
// exceptions with a reason each; an exception that is not needed any more fails.
package contract
