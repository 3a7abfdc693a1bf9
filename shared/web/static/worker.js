// Shows pages as notifications, and answers from them: a button there is a POST to the page's own link.
"use strict";

function show(title, { body, tag, link, actions = [], urgent = false }) {
  const options = { body, tag, actions, renotify: true, requireInteraction: urgent, data: { link, tag } };
  return self.registration.showNotification(title, options);
}

// What the link leads to here: a worker may speak to its own site alone.
function here(link) {
  return new URL(new URL(link).pathname, self.location.origin).href;
}

async function answer(action, { link, tag }) {
  let message = "Nothing was done: Tocsin wasn't reached. Tap here to open the incident.";
  try {
    const answered = await fetch(here(link), {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ do: action }),
      credentials: "omit",
      redirect: "error",
    });
    message = (await answered.json()).message;
  } catch (fault) {
    console.warn("tocsin", fault);
  }
  return show("Tocsin", { body: message, tag, link });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const page = event.data.json();
  event.waitUntil(show(page.title, page));
});

self.addEventListener("notificationclick", (event) => {
  const { data } = event.notification;
  event.notification.close();
  if (event.action) event.waitUntil(answer(event.action, data));
  else if (data.link) event.waitUntil(self.clients.openWindow(here(data.link)));
});
