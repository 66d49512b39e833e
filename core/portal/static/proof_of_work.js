// The robot check: tries numbers until one gives the key that the server drew. The browser's own crypto works beside
// the page, so typing goes on. A form that is sent before the end waits for it.
"use strict";
{
  const box = document.querySelector("[data-widget=proof_of_work]");
  const field = box.querySelector("input[name=proof_of_work]");
  const said = box.querySelector("[role=status]");
  const working = box.querySelector("[data-working]");
  const challenge = JSON.parse(box.dataset.challenge);
  const task = challenge.parameters;
  const atOnce = Math.min(navigator.hardwareConcurrency || 2, 8);

  const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const nonce = fromHex(task.nonce);
  const work = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(task.salt), iterations: task.cost };

  async function attempt(counter) {
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(work, key, task.keyLength * 8)));
    return { counter, derivedKey };
  }

  async function solve() {
    for (let first = 0; ; first += atOnce) {
      const attempts = await Promise.all(Array.from({ length: atOnce }, (_, i) => attempt(first + i)));
      const solution = attempts.find(({ derivedKey }) => derivedKey.startsWith(task.keyPrefix));
      if (solution) return solution;
    }
  }

  let waiting = false;
  let over = false;
  box.closest("form").addEventListener("submit", (event) => {
    // Whoever asks for a picture does not wait for the work.
    if (over || event.submitter?.name === "check") return;
    event.preventDefault();
    waiting = true;
  });

  function end() {
    over = true;
    working.hidden = true;
    if (waiting) field.form.submit();
  }

  function pass(solution) {
    field.value = btoa(JSON.stringify({ challenge, solution }));
    said.textContent = said.dataset.passed;
    box.classList.replace("information", "success");
    box.querySelector("[data-passed-sign]").hidden = false;
  }

  // Without a solution (there is no crypto outside https) the form goes as it is: the server says what to do.
  working.hidden = false;
  solve().then(pass).catch(() => {}).finally(end);
}
