// Package peer holds nothing but tests, behind the build tag peer. They let the login and the refresh of internal/spotify,
// and then the real command, talk to an authorization server that none of us wrote: oidc-provider, certified for OpenID
// Connect, from the npm registry. The simulator was written by the authors of the client, and could share their mistakes.
//
// testdata/ has the server's configuration, provider.mjs, and the exact versions of all that it is made of. 8.8.1 is the
// newest oidc-provider that runs on Node.js 18, which Debian 12 has; later ones want 22. Node.js and npm must be there. What
// npm brings is kept in the user's cache folder, and none of its scripts are run. All of it stays on 127.0.0.1.
package peer
