// What a page does while time passes: ask where the recovery stands, and count seconds down in place.
"use strict";
const main = document.querySelector("main");
const slow = document.querySelector("[data-slow]");
const began = Date.now();

async function ask() {
  const answer = await fetch(main.dataset.poll, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) return;
  const { stage } = await answer.json();
  if (stage !== main.dataset.stage) location.replace(location.pathname);
}

async function wait() {
  // A failed question is asked again; the Continue button stands there all the time.
  await ask().catch(() => {});
  if (slow && Date.now() - began > 10000) slow.textContent = slow.dataset.slow;
  setTimeout(wait, 1000);
}
if (main.dataset.poll) setTimeout(wait, 1000);

const counted = document.querySelector("[data-seconds]");
if (counted) {
  const until = began + Number(counted.dataset.seconds) * 1000;
  const shown = counted.querySelector("b");
  // The browser knows how its language counts seconds.
  const words = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "second", unitDisplay: "long" });
  const tick = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    shown.textContent = words.format(Math.max(0, left));
    if (left > 0) return;
    clearInterval(tick);
    counted.textContent = counted.dataset.now;
  }, 1000);
}
