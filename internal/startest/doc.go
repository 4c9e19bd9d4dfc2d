// Package startest turns files of tests beside the rules (*_test.star) into what passed and what failed, where and why.
//
//	Paths      the files of tests in a snapshot
//	Vet        what is wrong with a file, without running it
//	Load       a file -> *File, with the names of its tests
//	File.Run   one test -> Result
//
// A test is a function test_something() of such a file. It loads what it tests, makes the arguments of handlers with fake,
// calls functions with them, has record say what handlers would have done, and asserts. docs/testing.md is the page for
// rule authors.
//
// Promises:
//   - The same files give the same results: no clock, no network, no files, no randomness.
//   - A test runs on a thread of its own, within the limits of a handler; nothing that one does reaches another.
//   - Rules cannot name what only tests can call.
package startest
