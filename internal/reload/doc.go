// Package reload turns a folder of rules into the ruleset in force, and every
// edit of that folder into the next one; a single file (the configuration) into
// what it says in the same way.
//
//	Read     folder -> engine.Snapshot            once, bounded, without blocking
//	Watcher  folder or file -> Build -> install   for as long as Run runs
//
//	walk.go, single.go   what there is to read and to watch, without opening a file
//	notify.go            events -> hints            pending.go   hints -> a quiet moment
//	judge.go             what was read -> installed, or why not
//
// Promises:
//
//   - Events are hints, the content hash is the truth: the same content is never
//     built twice in a row, whatever was touched, renamed or repointed.
//   - A bad edit never replaces what is good. What is in force stays in force while
//     the folder or file is broken, empty, unreadable or gone, each failure is
//     reported once, and watching goes on.
//   - Nothing depends on events arriving: a stat scan always runs beside them and
//     sees what they cannot (network file systems, bind mounts, exhausted limits).
//   - Whatever lies in the folder (a pipe, a device, a huge file, a loop of links)
//     costs bounded time and memory.
package reload
