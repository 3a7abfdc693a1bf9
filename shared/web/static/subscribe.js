// The page on which a browser subscribes: asks for permission, subscribes, and tells the server.
"use strict";

const button = document.getElementById("subscribe");
const said = document.getElementById("said");

function say(message) {
  said.textContent = message;
  said.hidden = false;
}

async function subscription() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    throw new Error("This browser can't be pushed to. On an iPhone, add this page to the home screen and open it there.");
  }
  const registration = await navigator.serviceWorker.register("/push/worker.js");
  await navigator.serviceWorker.ready;
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("This browser may not show notifications: allow them for this page in its settings, then try again.");
  }
  const options = { userVisibleOnly: true, applicationServerKey: button.dataset.key };
  try {
    return await registration.pushManager.subscribe(options);
  } catch (fault) {
    // Subscribed before, with a key that is in force no more.
    const old = await registration.pushManager.getSubscription();
    if (!old) throw fault;
    await old.unsubscribe();
    return registration.pushManager.subscribe(options);
  }
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const body = JSON.stringify(await subscription());
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const answer = await fetch(location.pathname, { method: "POST", headers, body });
    say((await answer.json()).message);
    button.hidden = answer.ok;
  } catch (fault) {
    say(fault.message);
  }
  button.disabled = false;
});
