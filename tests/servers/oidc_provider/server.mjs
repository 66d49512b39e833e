// A certified OpenID Provider on this machine, for one run of the tests. Everything is in memory.
// Its only argument is JSON: {issuer, port, certificate, key, clients, resource, forgot, directory}. Tests turn it by
// POST /test/<what>.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const told = JSON.parse(process.argv[2]);
const people = new Map();
// Below a tenant's path, where Microsoft's sign-in server would be.
const below = new URL(told.issuer).pathname.replace(/\/$/, '');
// What an application may ask for by itself, without anybody signed in.
const whole = told.resource && `${told.resource}/.default`;

// The clock that tests move; the library asks no other.
const rightNow = Date.now;
let ahead = 0;
Date.now = () => rightNow() + ahead * 1000;

const signingKey = async () => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...await exportJWK(privateKey), kid: crypto.randomUUID(), alg: 'RS256', use: 'sig' };
};

const escaped = (text) => String(text ?? '').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
<title>${escaped(title)}</title><main data-page="idp"><h1>${escaped(title)}</h1>${body}</main></html>`;

// Where there is a directory it knows the passwords, and its own program asks it. Node gives a child a socket for an
// input, from which that program reads no password; nobody else looks at this machine's command lines.
const opens = (login, password) => new Promise((resolve) => {
  if (!told.directory) return resolve(people.get(login) === password);
  const { url, people: below, ca_file: ca } = told.directory;
  const options = ['-x', '-H', url, '-D', `uid=${login},${below}`, '-w', password];
  const environment = { ...process.env, LDAPTLS_CACERT: ca };
  return execFile('ldapwhoami', options, { env: environment }, (error) => resolve(!error));
});

const account = (_ctx, login) => (told.directory || people.has(login)) && {
  accountId: login,
  claims: () => ({ sub: `subject-of-${login}`, preferred_username: login }),
};

// Whoever signs in agrees: consent is between the company and its people, not between them and this page.
const grantFor = async (ctx) => {
  const { client, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid profile');
  await grant.save();
  return grant;
};

const build = (keys) => new Provider(told.issuer, {
  clients: told.clients,
  jwks: { keys },
  cookies: { keys: ['of one run'] },
  pkce: { required: () => true },
  scopes: ['openid', 'profile', ...(whole ? [whole] : [])],
  claims: { openid: ['sub'], profile: ['preferred_username'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: Boolean(whole) },
    resourceIndicators: {
      enabled: Boolean(whole),
      defaultResource: () => told.resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: whole, audience: told.resource, accessTokenTTL: 3599, accessTokenFormat: 'jwt' }),
    },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = page('Sign out here too?', `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
      postLogoutSuccessSource: (ctx) => { ctx.body = page('You have signed out', ''); },
    },
  },
  interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
  findAccount: account,
  loadExistingGrant: grantFor,
  // Longer than any clock is set back here, or browsers would take its cookies for old ones.
  ttl: { Interaction: 24 * 3600, Session: 24 * 3600, Grant: 24 * 3600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  renderError: (ctx, { error }) => { ctx.type = 'html'; ctx.body = page('Refused', `<p id="error">${escaped(error)}</p>`); },
  // Its guard calls nobody on this machine, and Keyback is here.
  fetch: (url, { dispatcher: _guard, ...options }) => fetch(url, options),
});

const provider = build([await signingKey()]);
const answer = provider.callback();

const body = async (request) => {
  let read = '';
  for await (const chunk of request) read += chunk;
  return read;
};

async function signIn(request, response) {
  let wrong = '';
  if (request.method === 'POST') {
    const form = new URLSearchParams(await body(request));
    const login = form.get('login');
    if (await opens(login, form.get('password'))) {
      return provider.interactionFinished(request, response, { login: { accountId: login } });
    }
    wrong = '<p role="alert">That does not fit.</p>';
  }
  await provider.interactionDetails(request, response);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  return response.end(page('Company sign-in', `${wrong}<form method="post">
<label>Login <input name="login" autocomplete="username"></label>
<label>Secret <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button></form>${told.forgot && `<a href="${escaped(told.forgot)}">Forgot my password</a>`}`));
}

const turns = {
  people: (named) => Object.entries(named).forEach(([login, password]) => people.set(login, password)),
  clock: (seconds) => { ahead = seconds; },
};

https.createServer({ cert: readFileSync(told.certificate), key: readFileSync(told.key) }, async (request, response) => {
  try {
    if (below) request.originalUrl = request.url;
    request.url = request.url.slice(below.length) || '/';
    const [, first, second] = new URL(request.url, told.issuer).pathname.split('/');
    if (first === 'test') {
      await turns[second](JSON.parse(await body(request)));
      return response.end();
    }
    return await (first === 'sign-in' ? signIn(request, response) : answer(request, response));
  } catch (error) {
    response.statusCode = 500;
    return response.end(String(error));
  }
}).listen(told.port, '127.0.0.1');
