"use strict";
// Asks whether something new arrived and says so; the page itself changes only when somebody comes back to it.
(() => {
  const outbox = document.querySelector("[data-newest]");
  const said = outbox.querySelector("[role=status]");
  let news = false;

  for (const button of outbox.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = outbox.dataset.copied;
    });
  }

  async function ask() {
    const answer = await fetch(outbox.dataset.ask).catch(() => null);
    const [newest] = answer?.ok ? await answer.json() : [];
    news = Boolean(newest) && newest.at !== outbox.dataset.newest;
    if (news) said.textContent = outbox.dataset.news;
  }

  setInterval(() => document.hidden || news || ask(), 2000);
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) return;
    await ask();
    if (news) location.reload();
  });
})();
