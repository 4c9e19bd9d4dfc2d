// Package journal turns what an account's loop hands over (engine.Record) into rows that survive a power cut, and
// gives them back after a start.
//
//	Store                     what one JetStream stream can do, and nothing more: rows, conditions, batches
//	  Memory                    in memory: tests, timelines, demo
//	  SQLite                    one file, journal.db
//	Open                      data folder and key -> locked folder, open file, *Journal
//	OpenReadOnly              the same beside a daemon: no lock, nothing is written
//	New                       any Store -> *Journal
//	Journal                   engine.Journal, and what belongs to the house:
//	  Commit, Recover, Done     one account's records, throttles and outbox
//	  Gate, SaveGate            a developer account's Retry-After and budgets
//	  Rules, SaveRules          the newest ruleset that decided without failing
//	  Value, SetValue           small things of the house, by name
//	  State                     an account's rule state, read beside its loop
//	  Events, Entries, Newest   history: in pages of one account, as its owner asks for it, or its end
//	  Purge, Check              forget history, look for damage
//	IsSealed                  whether a file needs the key that sealed it
//
// Promises:
//   - A commit is written wholly or not at all, and when it returns without an error it survives a power cut.
//   - An event is committed once. Its id is remembered for RememberIDs, over restarts, even when history is kept
//     shorter than that.
//   - A message's throttle is checked and reserved in the transaction that commits the message.
//   - A message leaves the outbox only with an outcome, written in the same transaction.
//   - On a disk every row is sealed (XChaCha20-Poly1305). Without the key a file gives away accounts, kinds, times, sizes
//     and numbers of rows; of the names that strangers chose (keys, ids, devices) it holds keyed hashes. A file is opened
//     with the key that sealed it or not at all (*WrongKeyError).
//   - A row is bound to its place. One that was changed, moved, swapped or re-dated is a *DamagedRowsError that names it,
//     never a row that is not there; so is one whose checksum (CRC-32C) is wrong. A damaged file is a *DamagedFileError;
//     it is never deleted or replaced. That rows were deleted, or an old copy of the whole file put back, is not noticed.
//   - A full disk fails a write at once (ErrFull), and the next write after space was freed works.
//   - All methods may be called from several goroutines, and block for disk and context only. What waits at the same
//     time is written in one transaction (group commit): 10,000 first looks are not 10,000 fsyncs.
//
// # Subjects
//
// The account leads every subject; what belongs to no account is led by "_". A key is user text and is escaped, so it
// is always exactly one token. In a file the words in capitals are hashes, and the key is sealed with the data.
//
//	home.run  home.event  home.decision  home.outcome     history: every row is kept until Purge
//	home.facts  home.stands                               only the last row
//	home.state.KEY  home.throttle.KEY  home.outbox.ID     only the last row
//	home.unique.EVENTID                                   only the last row: the mark that the event was committed
//	_.gate.DEVELOPER  _.rules  _.rules.HASH  _.value.NAME  only the last row
//	_.key                                                 SQLite's: sealed and empty, tells whether the key is right
package journal
