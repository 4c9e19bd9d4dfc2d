// Package control turns the daemon's unix socket into a few questions and
// commands: how it stands, and read the rules again.
//
// The socket lies in the data folder, which only its owner can enter, and is
// itself 0600: whoever can open it may ask. It speaks HTTP with JSON, one request
// at a time and bounded in size, so that curl --unix-socket works as well.
package control
