// Package spotify turns three calls of the Spotify Web API into typed values and typed errors:
//
//	GET /me/player        Client.Player   a Player: who holds the player, and what plays
//	PUT /me/player/pause  Client.Pause    nil, or an error that knows its PauseOutcome
//	GET /me               Client.Me       a User
//
// Around them stand
//
//	Tokens        a refresh token in, access tokens out (POST /api/token through golang.org/x/oauth2)
//	Gate          one per developer account: both budgets, Retry-After, pause before look
//	DecodePlayer  the body of GET /me/player, read leniently
//	Error         what went wrong, in the kinds that on_blind has
//	WaitError     the gate's refusal: no request was made
//
// Promises:
//   - No request to the API leaves without the gate's leave, and nothing here sleeps: what may not be
//     sent now is refused at once with the time from which it may. (What net/http repeats by itself
//     on a closed connection is counted afterwards.)
//   - Not seeing is an error, never a Player. 204 is nobody; a 200 that cannot be understood is malformed.
//   - Answers are bounded (1 MiB) and redirects are not followed: a token never leaves for another host.
//   - No token and no client secret appears in an error, or in anything printed.
//   - Time comes in as a parameter or through Now.
//
// Client, Tokens and Gate are safe for concurrent use.
package spotify
