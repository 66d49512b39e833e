// A button pressed twice sends once: the second press would come with a form whose turn has passed.
"use strict";
for (const form of document.forms) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // A page that comes back from the browser's memory may be sent again.
  window.addEventListener("pageshow", () => { sent = false; });
}

// Time runs short: say so, once, and show the button whose place was kept. A timer stands still while a computer
// sleeps, so the clock is asked again whenever somebody comes back to the page.
const time = document.querySelector("[data-warn-in]");
if (time) {
  const due = Date.now() + Number(time.dataset.warnIn) * 1000;
  const said = time.querySelector("[role=status]");
  const warn = () => {
    if (said.textContent || Date.now() < due) return;
    said.textContent = said.dataset.warning;
    time.querySelector("button")?.classList.remove("waits");
  };
  setTimeout(warn, due - Date.now());
  document.addEventListener("visibilitychange", warn);
}
