// Package secrets keeps named secrets (SPOTIFY_HOME_CREDENTIAL) where they are never in plain text: sealed files, the
// desktop's keyring, or AWS Secrets Manager.
//
//	Store                     Get, Put, Delete; safe for concurrent use
//	  OpenFile    *File         one sealed file each, in age's format; also Lister and Rotator
//	  OpenKeyring *Keyring      Secret Service, Keychain, Credential Manager; also Lister
//	  OpenAWS     *AWS          one AWS secret for each account; also Lister, and Check
//	  new(Memory)               forgets with the process: demonstrations, tests
//	Value                     the bytes: printed, logged and marshalled they are "gf…redacted"
//	Error                     what is wrong, with what, and what mends it; errors.Is(err, secrets.WrongKey) asks for its Kind
//	Lock                      a lock over processes, for who renews a token
//
// Promises, of every store:
//   - What Put acknowledged is durable (but in Memory). A crash leaves the old value or the new one.
//   - ErrNotFound is said only by a store that was read: never by one that cannot be opened, reached or believed.
//   - No error holds a value, a passphrase or a key.
//
// Promises of the file store:
//   - No key is made where secrets are, and nothing is written with a key that opens none of them.
//   - A file that is damaged, cut off, swapped with another, readable to others or a link is an error that names it. An
//     older version of the same file is not noticed.
//   - Rotate can be killed at any point: everything can be read, by those who had the store open too.
//   - Several processes may use it: a change takes the lock on Dir/.lock (and on KEY.lock) and reads the key anew.
//   - Where the folder can only be read, its secrets can be read, and no change is made.
//
// The key of the file store is the first of these that there is: gatefold.key among systemd's credentials; Dir/key.age
// with a passphrase (KeyFile "none"); the key file, which is outside of the data folder and made at first use.
package secrets
