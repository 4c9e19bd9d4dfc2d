// Package spotify turns a few calls of the Spotify Web API into typed values and typed errors:
//
//	GET /me/player                   Client.Player           a Player: who holds the player, and what plays
//	GET /me/player/devices           Client.Devices          []Device
//	GET /me/player/recently-played   Client.RecentlyPlayed   []Play
//	GET /me                          Client.Me               a User
//	PUT /me/player/pause             Client.Pause            nil, or an error that knows its PauseOutcome
//	PUT /me/player                   Client.Transfer
//	PUT /me/player/volume            Client.Volume
//	PUT, POST /playlists/{id}/items  Client.ReplacePlaylist  nil, or a *PartialError when it is half done
//
// Around them stand
//
//	Login         an account's owner agrees in a browser: a Granted comes out of it
//	Credential    what was granted; EncodeCredential and DecodeCredential for whoever stores it
//	Vault         where an account's credential is kept; MemoryVault is one for this process
//	Tokens        a credential in, access tokens out (POST /api/token through golang.org/x/oauth2)
//	Gate          one per developer account: both budgets, Retry-After, the limits that 429s teach
//	Lane          an account's way through it: pause before look, turns among accounts
//	Allowance     what the gate affords an account, for whoever plans its looks
//	DecodePlayer  the body of GET /me/player, read leniently
//	Error         what went wrong, in the kinds that on_blind has; its Hint says what a person can do,
//	              and Doubtful that the answer may be wrong
//	ScopeError    the login does not allow the call: no request was made
//	WaitError     the gate's refusal: no request was made
//
// Promises:
//   - No request to the API leaves without the gate's leave, and nothing here sleeps: what may not be
//     sent now is refused at once with the time from which it may. (What net/http repeats by itself
//     on a closed connection is counted afterwards.)
//   - Not seeing is an error, never a Player and never an empty list. 204 is nobody; a 200 that cannot
//     be understood is malformed.
//   - A refresh token that changes is saved before anything that came with it is used, and two processes
//     never use the same one. None is ever deleted here.
//   - What Spotify sends is bounded: 1 MiB, 64 levels, 200 devices, 50 plays, 64 artists, 512 runes of a
//     text. Redirects are not followed: a token never leaves for another host.
//   - No token, code, verifier or client secret appears in an error, or in anything printed.
//   - Time comes in as a parameter or through Now.
//
// Client, Tokens, Gate, Lane, Login and MemoryVault are safe for concurrent use.
package spotify
