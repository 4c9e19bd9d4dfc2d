// Package control turns the daemon's unix socket into a few questions and
// commands: how it stands, which devices it knows, read the rules again, approve
// a device, switch enforcement, hold, set the pace, publish an event, look at a
// credential anew.
//
// The socket lies in the data folder, which only its owner can enter, and is
// itself 0600: whoever can open it may ask. It speaks HTTP with JSON, one request
// at a time and bounded in size, so that curl --unix-socket works as well.
package control
