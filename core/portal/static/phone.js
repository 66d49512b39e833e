// The page that a phone keeps as an app: it holds the device's key, shows what waits, and signs what its owner decides.
// The key is made here and cannot be taken out; no cookie, no name and no request is kept on the phone.
"use strict";
{
  const main = document.querySelector("main");
  const part = (name) => document.querySelector(`[data-part="${name}"]`);
  const show = (name, on = true) => { part(name).hidden = !on; };
  const PURPOSE = "keyback device 1";
  const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
  const EVERY = 3000, CONFIRMED_WITHIN = 15 * 60 * 1000;
  const bytes = (text) => new TextEncoder().encode(text);
  const text = (all) => btoa(String.fromCharCode(...new Uint8Array(all)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // The server's clock, counted on: a phone whose own is wrong signs in time all the same.
  let began = performance.now(), at = Number(main.dataset.now);
  const now = () => Math.round(at + performance.now() - began);
  const setClock = (time) => { began = performance.now(); at = time; };

  // What the phone keeps: one row for each person who uses it.
  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("keyback-phone", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("devices", { keyPath: "name" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  async function kept(how, ...what) {
    const store = (await opened).transaction("devices", "readwrite").objectStore("devices");
    return new Promise((resolve, reject) => {
      const asked = store[how](...what);
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  async function sign(device, words) {
    const content = JSON.stringify({ ...words, at: String(now()) });
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" }, device.key, bytes(`${PURPOSE}\n${location.origin}\n${content}`));
    return { device: device.name, words: content, signature: text(signature) };
  }

  async function say(device, words, again = true) {
    const body = new URLSearchParams(await sign(device, words));
    const options = { method: "POST", body, credentials: "omit", redirect: "error" };
    const answer = await fetch(main.dataset.say, options);
    if (!answer.ok) throw new Error("no answer");
    const told = await answer.json();
    setClock(told.now);
    return told.said === "again" && again ? say(device, words, false) : told;
  }

  // A code that was scanned, the device that waits to be confirmed, and whether any is.
  let scanned = location.hash.slice(1), joining = "", known = false;
  function view() {
    show("join", Boolean(scanned) || !(known || joining));
    show("compare", Boolean(joining));
    show("waiting", known && !scanned && !joining);
  }

  // Joining ---------------------------------------------------------------------------------------------------------

  async function newDevice() {
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    const written = await crypto.subtle.exportKey("spki", pair.publicKey);
    const name = text(await crypto.subtle.digest("SHA-256", written)).slice(0, 22);
    return { name, key: pair.privateKey, written: text(written), since: Date.now(), push: "" };
  }

  // The same digits follow from key and code where its owner is signed in: a key of somebody else's gives others.
  async function compared(device, code) {
    const digest = await crypto.subtle.digest("SHA-256", bytes(`${PURPOSE}\n${code}\n${device.written}`));
    const number = new DataView(digest).getBigUint64(0) % 1000000n;
    return String(number).padStart(6, "0");
  }

  async function join(typed) {
    const code = typed.toUpperCase().replace(/[^A-Z2-7]/g, "");
    const device = await newDevice();
    const told = await say(device, { what: "joins", joins_by: code, key: device.written, push: "" });
    if (told.said !== "joined") return false;
    await kept("put", device);
    // Not to be cleared away with what is little used.
    navigator.storage?.persist?.();
    part("number").textContent = (await compared(device, code)).replace(/(...)/, "$1 ");
    [scanned, joining] = ["", device.name];
    view();
    return true;
  }

  // What waits ------------------------------------------------------------------------------------------------------

  const shown = new Map();
  const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });

  function end(box, words) {
    const said = document.createElement("p");
    said.textContent = words;
    said.setAttribute("role", "status");
    box.replaceChildren(said);
    // It stands there until the page is opened anew.
    shown.set(box.dataset.request, null);
  }

  async function decide(device, box, decision) {
    const field = box.querySelector("input");
    const words = { what: "decides", request: box.dataset.request, number: field.value.trim(), decision };
    const { said, left } = await say(device, words);
    if (said !== "wrong") return end(box, main.dataset[said] || main.dataset.over);
    const problem = box.querySelector(".error");
    problem.hidden = false;
    field.closest(".field").classList.add("wrong");
    problem.lastElementChild.textContent = left > 1 ? main.dataset.wrong : main.dataset.wrongOnce;
    field.setAttribute("aria-invalid", "true");
    field.focus();
    field.select();
  }

  function newBox(device, request) {
    const box = part("request").content.cloneNode(true).firstElementChild;
    const field = box.querySelector("input");
    [box.dataset.request, box.dataset.device] = [request.id, device.name];
    field.id = `number-${request.id}`;
    box.querySelector("label").htmlFor = field.id;
    box.querySelector(".error").id = `${field.id}-error`;
    field.setAttribute("aria-describedby", `${field.id}-error`);
    box.querySelector("h2").textContent = box.querySelector("h2").dataset.words.replace("{account}", request.account);
    const asks = box.querySelector("[data-asks]"), stops = box.querySelector("[data-stops]");
    const turn = (on) => { asks.hidden = on; stops.hidden = !on; };
    let busy = false;
    const once = (what) => async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      await what().catch(() => { part("silent").hidden = false; });
      busy = false;
    };
    asks.addEventListener("submit", once(() => decide(device, box, "approve")));
    box.querySelector("[data-decline]").addEventListener("click", () => turn(true));
    box.querySelector("[data-back]").addEventListener("click", () => turn(false));
    stops.addEventListener("submit", once(() => decide(device, box, "decline")));
    part("requests").append(box);
    return box;
  }

  function update(device, requests) {
    for (const request of requests) {
      if (!shown.has(request.id)) shown.set(request.id, newBox(device, request));
      const box = shown.get(request.id);
      if (box) box.querySelector(".hint").textContent = ago.format(-request.seconds, "second");
    }
    for (const [id, box] of shown) {
      if (!box || box.dataset.device !== device.name) continue;
      if (!requests.some((request) => request.id === id)) { box.remove(); shown.delete(id); }
    }
  }

  async function ask(device) {
    const { said, waiting } = await say(device, { what: "asks" });
    if (said === "waiting") {
      if (!device.known) await kept("put", { ...device, known: true });
      if (device.name === joining) joining = "";
      update(device, waiting);
      return true;
    }
    // Removed by its owner, or never confirmed: the key is worth nothing any more.
    if (said === "unknown" && (device.known || Date.now() - device.since > CONFIRMED_WITHIN)) {
      await kept("delete", device.name);
      show("removed");
    }
    return false;
  }

  async function lookAtAll() {
    let any = false;
    for (const device of await kept("getAll")) any = await ask(device) || any;
    known = any;
    const words = main.dataset[[...shown.values()].some(Boolean) ? "something" : "nothing"];
    // Said aloud only when it changes.
    if (part("told").textContent !== words) part("told").textContent = words;
  }

  let looking = null;
  function look() {
    looking ??= lookAtAll().then(() => show("silent", false), () => show("silent"))
      .finally(() => { looking = null; view(); });
    return looking;
  }

  // Being woken -----------------------------------------------------------------------------------------------------

  async function wakeable(asked) {
    const registration = await navigator.serviceWorker.ready;
    let where = await registration.pushManager.getSubscription();
    if (!where && asked) {
      where = await registration.pushManager.subscribe(
        { userVisibleOnly: true, applicationServerKey: main.dataset.wakeKey });
    }
    const { endpoint, keys } = where ? where.toJSON() : {};
    const push = where ? JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth }) : "";
    for (const device of await kept("getAll")) {
      if (!device.known || device.push === push) continue;
      await say(device, { what: "moved", push });
      await kept("put", { ...device, push });
    }
    show("wake", !where && Notification.permission !== "denied");
  }

  async function startWorker() {
    if (!main.dataset.wakeKey || !navigator.serviceWorker || !window.PushManager) return;
    // A strict page takes an address of a script only from a policy, and ours knows one.
    const policy = window.trustedTypes?.createPolicy("kb", { createScriptURL: () => main.dataset.worker });
    await navigator.serviceWorker.register(policy ? policy.createScriptURL("") : main.dataset.worker);
    part("wake").querySelector("button").addEventListener("click", () => {
      wakeable(true).catch(() => { part("wake").querySelector("p").textContent = main.dataset.notWoken; });
    });
    await wakeable(false);
  }

  // ---------------------------------------------------------------------------------------------------------------

  async function start() {
    await opened;
    show("without", false);
    const field = document.getElementById("joins-by");
    field.value = scanned;
    // Not to be left in what the browser remembers of pages.
    if (scanned) history.replaceState(null, "", location.pathname);
    part("join").addEventListener("submit", async (event) => {
      event.preventDefault();
      const joined = await join(field.value).catch(() => false);
      show("not-joined", !joined);
      if (!joined) field.focus();
    });
    await look();
    startWorker().catch(() => {});
    setInterval(() => { if (!document.hidden) look(); }, EVERY);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  }

  if (window.crypto?.subtle && window.indexedDB) start().catch(() => show("without"));
}
