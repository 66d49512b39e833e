// Works while the phone's page is closed: says that something waits, and opens the page. It keeps and fetches nothing.
"use strict";
self.addEventListener("push", (event) => {
  // Words of ours, which only this phone could read; they say nothing of what waits.
  const words = event.data?.text() || "•••";
  event.waitUntil(self.registration.showNotification(words, { tag: "keyback" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const here = open.find((each) => each.url === self.registration.scope);
    return here ? here.focus() : self.clients.openWindow(self.registration.scope);
  })());
});
