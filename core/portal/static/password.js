// Show and Hide. The button has words, keeps its place, and a shown password is hidden again before it is sent.
"use strict";
for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  const words = { password: button.textContent, text: button.dataset.hide };
  const turn = (kind) => {
    field.type = kind;
    button.textContent = words[kind];
  };
  button.hidden = false;
  button.addEventListener("click", () => turn(field.type === "password" ? "text" : "password"));
  field.form.addEventListener("submit", () => turn("password"));
}

// Help while typing: half a second after the last key our own server is asked how the password stands to the rules.
// Whatever goes wrong, the rules stand there as at the beginning, and errors come after sending.
const help = document.querySelector("[data-check]");
if (help) {
  const field = document.getElementById("new_password");
  const [strength, advice, status] = [".strength b", ".advice", "[role=status]"].map((part) => help.querySelector(part));
  const lines = [...help.querySelectorAll("li")].map((row) => {
    const [word, text] = row.querySelectorAll("span span");
    return { row, word, text, first: { state: row.className, text: text.textContent } };
  });
  const first = { rules: lines.map((line) => line.first), score: 0, strength: "", advice: "" };
  let soon;

  function show(answer) {
    // Only what is new is said aloud, and only of rules that were looked at.
    const news = [];
    const say = (place, words) => {
      if (words && words !== place.textContent) news.push(words);
      place.textContent = words;
    };
    say(strength, answer.strength);
    answer.rules.forEach(({ state, text }, i) => {
      const { row, word, text: place } = lines[i];
      const spoken = help.dataset[state] ?? "";
      if (spoken && (state !== row.className || text !== place.textContent)) news.push(spoken + text);
      row.className = state;
      word.textContent = spoken;
      place.textContent = text;
    });
    help.querySelectorAll("i").forEach((bar, i) => bar.classList.toggle("full", i < answer.score));
    say(advice, answer.advice);
    status.textContent = news.join(". ");
  }

  async function ask(typed) {
    const body = new URLSearchParams({ token: field.form.elements.token.value, new_password: typed });
    const answer = await fetch(help.dataset.check, { method: "POST", body, credentials: "same-origin", redirect: "error" });
    const found = answer.ok ? await answer.json() : first;
    // Somebody typed on meanwhile: that answer is about another password.
    if (field.value !== typed) return;
    show(found);
    if (answer.status === 429) later(Number(answer.headers.get("Retry-After")) * 1000);
  }

  function later(wait) {
    clearTimeout(soon);
    const typed = field.value;
    if (typed) soon = setTimeout(() => ask(typed).catch(() => show(first)), wait);
    else show(first);
  }
  field.addEventListener("input", () => later(500));
  field.form.addEventListener("submit", () => clearTimeout(soon));
}
