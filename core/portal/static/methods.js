// Printing takes a script; without one the browser's own menu prints the same half page.
"use strict";
const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
