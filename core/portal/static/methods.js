// Printing and copying take a script; without one the browser's own menus do the same.
"use strict";
const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => window.print());
}

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
  const said = document.querySelector("[data-copied]");
  copy.hidden = false;
  copy.addEventListener("click", () => {
    const codes = [...document.querySelectorAll(".paper li")].map((line) => line.textContent);
    navigator.clipboard.writeText(codes.join("\n")).then(
      () => { said.textContent = said.dataset.copied; },
      () => { said.textContent = said.dataset.failed; },
    );
  });
}
