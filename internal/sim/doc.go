// Package sim turns a clock and a story into Spotify (Web API and accounts service) and Slack, in
// memory. The demo, the tests and the timelines talk to it as they would to the real services.
//
//	Spotify     accounts, players, logins, access tokens, limits: an http.Handler
//	Account     one person's player: Play, Set, Stop ... and what was done to it: Pauses, Transfers, Playlist.
//	            Its owner logs in (Login, or AtBrowser and Agree when an app asks) and takes it back (Revoke)
//	Playback    what a player shows; ParsePlayback reads one from key=value fields
//	Fault       scripted misbehaviour: 429, resets, hangs, stale answers ...
//	Script      a story: who plays what, where and when; Follow makes a Spotify live through it
//	Happening   one thing that the simulated people, players or services did
//	Slack       chat.postMessage, chat.update, chat.postEphemeral, auth.test, apps.connections.open: an http.Handler,
//	            and the socket over which it tells who presses which button (Listen, Press)
//	Transport   an http.RoundTripper that carries requests to handlers without a socket
//
// Promises. Time is the injected clock and nothing else: there are no timers and no goroutines, but for Slack's socket,
// which lives on a wire (SocketOptions).
// What should have happened since the last call (a track ended, Bob pressed play again two seconds
// after he was paused) is worked out, in order, when the next request or call arrives. The same
// clock readings, calls and requests give the same answers. A clock that steps back is taken as
// standing still. Every method is safe for concurrent use. Only a request that is told to hang (or
// to stall in its body) blocks, and only until its context ends. Logs are bounded: the oldest
// entries go after 65,536, those of a history of tracks after 200.
//
// The bodies have the shapes of the real API as recorded up to November 2026. Where the real
// behaviour is not known, the choice is the one that catches more mistakes: a pause that names a
// listed device other than the one that plays is answered 200 and does nothing; a code_verifier
// nobody announced is refused.
//
// The script language is line-based; SCRIPT.md beside this file describes all of it:
//
//	at 0s   home plays "So What" by "Miles Davis" on "Kitchen" (speaker)
//	at 7s   home plays "Blue Train" on "Bob's Laptop" (computer) stubborn 2s
//	at 40s  home stops
//	at 50s  slack U0ANN presses "Allow for an hour"
//	at 55s  spotify fails 429 retry 20s for 20s
//	repeat 2m
package sim
