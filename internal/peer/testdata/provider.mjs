// An authorization server that none of us wrote (oidc-provider), with the two paths that Spotify's has, on 127.0.0.1 and any
// port, in memory. It says "listening ADDRESS", and ends when its standard input does.
//
//	node provider.mjs [--rotate] [--access-ttl SECONDS]
//
// The owner of the only account is a few routes here instead of a page: it agrees until it is told otherwise.
//
//	POST /owner/refuse     from now on it does not agree
//	POST /owner/withdraw   it takes back all that it agreed to
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Provider } from 'oidc-provider';

const { values: flags } = parseArgs({
  options: { rotate: { type: 'boolean', default: false }, 'access-ttl': { type: 'string', default: '600' } },
});

const scopes = [
  'user-read-playback-state', 'user-modify-playback-state', 'user-read-recently-played',
  'playlist-modify-private', 'playlist-modify-public',
];
const app = {
  application_type: 'native', // any port of a loopback address may be redirected to
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};
const ttl = { AuthorizationCode: 60, Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 };
const grants = new Set();
let agrees = true;

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(address, {
  clients: [
    { ...app, client_id: 'public', token_endpoint_auth_method: 'none' },
    { ...app, client_id: 'confidential', client_secret: 'the-secret-of-the-confidential-app', token_endpoint_auth_method: 'client_secret_post' },
    { client_id: 'witness', client_secret: 'witness', redirect_uris: [], response_types: [], grant_types: [], token_endpoint_auth_method: 'client_secret_post' },
  ],
  scopes,
  pkce: { methods: ['S256'], required: () => true },
  routes: { authorization: '/authorize', token: '/api/token', revocation: '/api/revoke', introspection: '/api/introspect' },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId === 'witness' },
  },
  cookies: { keys: ['not a secret: it lives as long as this process'] },
  interactions: { url: (ctx, interaction) => `/owner/${interaction.uid}` },
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: flags.rotate,
  ttl: { ...ttl, AccessToken: Number(flags['access-ttl']) },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

// owner answers what the server asks the person at the browser.
async function owner(req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    return provider.interactionFinished(req, res, { login: { accountId: 'home' } });
  }
  if (!agrees) {
    return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'the owner does not want it' });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const grantId = await grant.save();
  grants.add(grantId);
  return provider.interactionFinished(req, res, { consent: { grantId } });
}

async function withdraw() {
  for (const id of grants) {
    await provider.RefreshToken.revokeByGrantId(id);
    await provider.AccessToken.revokeByGrantId(id);
    await (await provider.Grant.find(id))?.destroy();
  }
  grants.clear();
}

async function answer(req, res) {
  switch (`${req.method} ${req.url}`) {
    case 'POST /owner/refuse':
      agrees = false;
      return res.end();
    case 'POST /owner/withdraw':
      await withdraw();
      return res.end();
    default:
      return req.url.startsWith('/owner/') ? owner(req, res) : provider.callback()(req, res);
  }
}

server.on('request', (req, res) => {
  answer(req, res).catch((err) => {
    console.error(err);
    res.statusCode = 500;
    res.end();
  });
});
process.stdin.resume().on('end', () => process.exit(0)).on('error', () => process.exit(0));
console.log(`listening ${address}`);
