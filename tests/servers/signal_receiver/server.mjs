// A receiver of shared signals (SSF 1.0) and of logout tokens (OpenID Connect Back-Channel Logout 1.0) over npm's jose,
// by another author than anything of Keyback's. Its only argument is JSON: {issuer, token, audience, client, port,
// certificate, key, keys}: `keys` is the issuer's JWKS where the issuer cannot be reached by its name. A test tells it what to do at /test/<what>.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';

const told = JSON.parse(process.argv[2]);
const PUSH = 'urn:ietf:rfc:8935';
const POLL = 'urn:ietf:rfc:8936';
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const heard = [];
const arrived = [];
const seen = new Set();
const ended = [];
let clock = 0;
let mood = 'ready';

const keysAt = (address) => (told.keys ? createLocalJWKSet(told.keys) : createRemoteJWKSet(new URL(address)));
const known = async () => (await fetch(`${told.issuer}/.well-known/ssf-configuration`)).json();

const ask = async (address, body) => {
  const headers = { authorization: `Bearer ${told.token}`, 'content-type': 'application/json' };
  const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
};

// As RFC 8417 and the interoperability profile want it: typed, RS256 by a key that is shown, one event, no sub, no exp.
const read = async (token) => {
  const keys = keysAt(told.keys ? '' : (await known()).jwks_uri);
  const wanted = { issuer: told.issuer, audience: told.audience, typ: 'secevent+jwt', algorithms: ['RS256'] };
  const { payload } = await jwtVerify(token, keys, wanted);
  if ('sub' in payload || 'exp' in payload) throw new Error('it could be taken for a sign-in');
  if (typeof payload.jti !== 'string' || !payload.sub_id?.format) throw new Error('it says not what it is about');
  const [event, ...more] = Object.keys(payload.events);
  if (more.length) throw new Error('more than one event');
  return { jti: payload.jti, event, about: payload.sub_id, says: payload.events[event] };
};

// As Back-Channel Logout 1.0 2.6 wants it, and each token once.
const end = async (token) => {
  const keys = keysAt(`${told.issuer}/jwks.json`);
  const requiredClaims = ['iat', 'exp', 'jti', 'sub', 'events'];
  const wanted = { issuer: told.issuer, audience: told.client, typ: 'logout+jwt', algorithms: ['RS256'], requiredClaims };
  const { payload } = await jwtVerify(token, keys, { ...wanted, maxTokenAge: 120, currentDate: new Date(clock * 1000) });
  if ('nonce' in payload) throw new Error('it could be taken for a sign-in');
  if (JSON.stringify(payload.events) !== JSON.stringify({ [LOGOUT]: {} })) throw new Error('it is about something else');
  if (seen.has(payload.jti)) throw new Error('it came before');
  seen.add(payload.jti);
  ended.push(payload.sub);
};

const keep = (one) => {
  if (!seen.has(one.jti)) heard.push(one);
  seen.add(one.jti);
};

const fetchAll = async (stream) => {
  let more = true;
  let ack = [];
  while (more || ack.length) {
    const { body } = await ask(stream.delivery.endpoint_url, { maxEvents: 2, returnImmediately: true, ack });
    const found = Object.entries(body.sets);
    for (const [name, token] of found) {
      const one = await read(token);
      if (one.jti !== name) throw new Error('it is called otherwise');
      keep(one);
    }
    ack = found.map(([name]) => name);
    more = body.moreAvailable;
  }
};

const told_to = {
  make: async ({ push }) => {
    const delivery = push ? { method: PUSH, endpoint_url: `https://localhost:${told.port}/events` } : { method: POLL };
    return (await ask((await known()).configuration_endpoint, { delivery })).body;
  },
  verify: async (asked) => ask((await known()).verification_endpoint, asked),
  fetch: async (stream) => { await fetchAll(stream); return heard; },
  mood: async (wanted) => { mood = wanted; return mood; },
  heard: async () => heard,
  arrived: async () => arrived,
  clock: async (seconds) => { clock = seconds; return clock; },
  ended: async () => ended,
};

const say = (response, status, what) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(what === undefined ? '' : JSON.stringify(what));
};

const take = async (request, response, body) => {
  if (mood === 'away') return say(response, 503);
  if (request.headers['content-type'] !== 'application/secevent+jwt') return say(response, 400, { err: 'invalid_request' });
  try {
    const one = await read(body);
    arrived.push(one.jti);
    // The first time it has it and says nothing for as long as whoever brought it lives.
    if (mood === 'holding' && !seen.has(one.jti)) return keep(one);
    // It has it, and the sender never hears that it has.
    if (mood === 'silent') { keep(one); return request.socket.destroy(); }
    if (mood === 'strict') return say(response, 400, { err: 'invalid_audience', description: 'not of mine' });
    keep(one);
    return say(response, 202);
  } catch (error) {
    console.error(error);
    return say(response, 400, { err: 'invalid_key' });
  }
};

const logOut = async (request, response, body) => {
  if (mood === 'away') return say(response, 503);
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return say(response, 400);
  try {
    await end(new URLSearchParams(body).get('logout_token'));
    // It has ended them, and the sender never hears that it has.
    return mood === 'silent' ? request.socket.destroy() : say(response, 200);
  } catch (error) {
    console.error(error);
    return say(response, 400, { error: 'invalid_request' });
  }
};

const certificate = { cert: readFileSync(told.certificate), key: readFileSync(told.key) };
https.createServer(certificate, async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (request.url === '/events') return take(request, response, body);
  if (request.url === '/logout') return logOut(request, response, body);
  try {
    return say(response, 200, await told_to[request.url.replace('/test/', '')](JSON.parse(body || 'null')));
  } catch (error) {
    return say(response, 500, String(error.stack));
  }
}).listen(told.port, '127.0.0.1');
