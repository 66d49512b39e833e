// What a page does while time passes: ask where the recovery stands, and count seconds down in place.
"use strict";
const main = document.querySelector("main");
const slow = document.querySelector("[data-slow]");
const began = Date.now();

// The button that the person would press: it holds what they typed. When the stage is another, it is too late for it.
function goOn(stage) {
  const button = document.querySelector("[data-go-on]");
  if (button && stage === main.dataset.stage) button.click();
  else location.replace(location.pathname);
}

// What became of a call: seen where it rang, and heard once.
function tell(stands) {
  const call = document.querySelector("[data-call]");
  const words = call?.dataset[stands];
  if (!words || call.textContent === words) return;
  call.textContent = words;
  document.querySelector("[data-line] p").textContent = words;
}

async function ask() {
  const answer = await fetch(main.dataset.poll, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) return "";
  const { stage, waiting, heard, stands } = await answer.json();
  tell(stands);
  const over = stage !== main.dataset.stage || heard || (main.dataset.page === "waiting" && !waiting);
  return over ? stage : "";
}

async function wait() {
  // A failed question is asked again; the Continue button stands there all the time.
  const stage = await ask().catch(() => "");
  if (stage) return goOn(stage);
  const waited = Date.now() - began;
  if (slow && waited > 10000) slow.textContent = (waited > 30000 && slow.dataset.silent) || slow.dataset.slow;
  setTimeout(wait, 1000);
}
if (main.dataset.poll) setTimeout(wait, 1000);
// Said only where it is true: without a script nothing goes on by itself.
if (slow?.dataset.byItself && !slow.textContent) slow.textContent = slow.dataset.byItself;

// The browser knows how its language counts seconds.
const words = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "second", unitDisplay: "long" });

const counted = document.querySelector("[data-seconds]");
if (counted) {
  const until = began + Number(counted.dataset.seconds) * 1000;
  const shown = counted.querySelector("b");
  const tick = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    shown.textContent = words.format(Math.max(0, left));
    if (left > 0) return;
    clearInterval(tick);
    counted.textContent = counted.dataset.now;
  }, 1000);
}

const rings = document.querySelector("[data-since]");
if (rings) {
  const tick = setInterval(() => {
    const since = Number(rings.dataset.since) + Math.floor((Date.now() - began) / 1000);
    const shown = rings.querySelector("span");
    if (shown && since < Number(rings.dataset.overAt)) return void (shown.textContent = words.format(since));
    clearInterval(tick);
    // Somebody who was told how it went needs no clock.
    if (!shown) return;
    rings.textContent = rings.dataset.over;
  }, 1000);
}
