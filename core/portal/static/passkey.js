// Passkeys: a press opens the browser's own window; what the device signed goes the way that typed answers go.
"use strict";
{
  const box = document.querySelector("[data-asks]");
  const field = box.querySelector("[name=passkey]");
  const button = box.querySelector("button");
  const said = box.querySelector("[role=status]");
  const place = document.querySelector("[data-lists]");
  const create = box.dataset.asks === "create";
  const key = window.PublicKeyCredential;

  // What older browsers lack: JSON has no bytes, so they are written in base64 for addresses.
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (all) => (all || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  function read(options) {
    const own = create ? key.parseCreationOptionsFromJSON : key.parseRequestOptionsFromJSON;
    if (own) return own.call(key, options);
    const bytes = { ...options, challenge: toBytes(options.challenge) };
    if (!create) return { ...bytes, allowCredentials: listed(options.allowCredentials) };
    const user = { ...options.user, id: toBytes(options.user.id) };
    return { ...bytes, user, excludeCredentials: listed(options.excludeCredentials) };
  }

  function written(made) {
    if (made.toJSON) return made.toJSON();
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[part]) response[part] = toText(made.response[part]);
    return { id: made.id, rawId: toText(made.rawId), type: made.type, response, clientExtensionResults: {} };
  }

  async function ask(how) {
    const asked = { publicKey: read(JSON.parse(box.dataset.options)), ...how };
    const made = await (create ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
    field.value = JSON.stringify(written(made));
    button.form.requestSubmit(button);
  }

  function tell(error) {
    if (error.name === "AbortError") return;
    said.textContent = error.name === "InvalidStateError" ? said.dataset.there : said.dataset.stopped;
  }

  // A request that opens nothing: it waits until somebody chooses from the list that the browser keeps at a field.
  let quiet = null;
  async function list() {
    if (!place || !await key?.isConditionalMediationAvailable?.()) return;
    place.classList.remove("waits");
    // A browser keeps one request at a time.
    quiet?.abort();
    quiet = new AbortController();
    await ask({ mediation: "conditional", signal: quiet.signal });
  }

  let asking = false;
  button.form.addEventListener("submit", (event) => {
    if (event.submitter !== button || field.value) return;
    // Before press.js hears of it: nothing was sent yet.
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    said.textContent = "";
    quiet?.abort();
    ask().catch((error) => {
      tell(error);
      list().catch(tell);
    }).finally(() => { asking = false; });
  });
  // A page that comes back from the browser's memory asks anew.
  window.addEventListener("pageshow", () => {
    field.value = "";
    list().catch(tell);
  });

  if (key && navigator.credentials) {
    box.querySelector("[data-without]").hidden = true;
    button.hidden = false;
  }
}
