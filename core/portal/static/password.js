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
