// An identity provider's other half: it sends people to Keyback by OpenID Connect and verifies what it hears. The
// library is openid-client, by another author than anything of Keyback's. Its only argument is JSON:
// {issuer, port, certificate, key, client_id, secret, private_key}. Begin at /start?<more parameters of the request>.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import * as oidc from 'openid-client';

const told = JSON.parse(process.argv[2]);
const here = `https://localhost:${told.port}`;
const away = new Map();

const proof = async () => {
  if (!told.private_key) return oidc.ClientSecretBasic(told.secret);
  const how = { name: 'ECDSA', namedCurve: 'P-256' };
  return oidc.PrivateKeyJwt(await crypto.subtle.importKey('jwk', told.private_key, how, false, ['sign']));
};

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const show = (response, title, what) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>${title}</title>
<main data-page="client"><h1>${title}</h1><pre>${escaped(JSON.stringify(what))}</pre></main></html>`);
};

// Read anew each time, as after a restart: Keyback may have been one meanwhile.
const configured = async () => {
  const config = await oidc.discovery(new URL(told.issuer), told.client_id, undefined, await proof());
  // By itself it believes a token that came straight from the provider; here the signature is verified too.
  oidc.enableNonRepudiationChecks(config);
  return config;
};

const start = async (asked, response) => {
  const state = oidc.randomState();
  const kept = { state, nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
  away.set(state, kept);
  const there = oidc.buildAuthorizationUrl(await configured(), {
    redirect_uri: `${here}/callback`,
    scope: 'openid profile',
    state,
    nonce: kept.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(kept.verifier),
    code_challenge_method: 'S256',
    ...Object.fromEntries(asked.searchParams),
  });
  response.writeHead(303, { location: there.href, 'set-cookie': `away=${state}; HttpOnly; Secure; SameSite=Lax` });
  response.end();
};

const callback = async (asked, request, response) => {
  const kept = away.get(/away=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]);
  const config = await configured();
  const checks = { expectedState: kept?.state, expectedNonce: kept?.nonce, pkceCodeVerifier: kept?.verifier };
  try {
    const tokens = await oidc.authorizationCodeGrant(config, asked, { ...checks, idTokenExpected: true });
    const claims = tokens.claims();
    show(response, 'Heard', { claims, said: await oidc.fetchUserInfo(config, tokens.access_token, claims.sub) });
  } catch (error) {
    show(response, 'Refused', { error: error.error ?? error.code, why: error.error_description ?? error.message });
  }
};

const tls = { cert: readFileSync(told.certificate), key: readFileSync(told.key) };
https.createServer(tls, async (request, response) => {
  const asked = new URL(request.url, here);
  try {
    if (asked.pathname === '/start') await start(asked, response);
    else if (asked.pathname === '/callback') await callback(asked, request, response);
    else show(response, 'Client', {});
  } catch (error) {
    show(response, 'Broken', { why: String(error) });
  }
}).listen(told.port, '127.0.0.1');
