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

// Time runs short: say so and show the button that was there all along.
const time = document.querySelector("[data-warn-in]");
if (time) {
  setTimeout(() => {
    time.hidden = false;
    time.querySelector("[role=status]").textContent = "2 minutes left.";
  }, Number(time.dataset.warnIn) * 1000);
}
