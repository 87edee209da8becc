// Asks whether what the page shows has been changed since: once a minute, or every data-every seconds, while somebody can
// see the page. Says so once, then stops.
(() => {
  const place = document.querySelector("[data-changed]");
  if (!place) return;
  const EVERY = 1000 * (Number(place.dataset.every) || 60);
  let last = Date.now();
  let asking = false;
  let done = false;

  async function ask() {
    if (asking || done || document.hidden || Date.now() - last < EVERY) return;
    asking = true;
    last = Date.now();
    try {
      // "X-Unattended": nobody did anything, so this keeps no session alive.
      const answer = await fetch(place.dataset.changed, { headers: { "X-Unattended": "1" }, redirect: "manual" });
      if (answer.status === 200) {
        const told = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.replaceChildren(...told.body.childNodes);
      }
      if (answer.status !== 204 && answer.status < 500) done = true; // said, or nothing more to ask: signed out, hidden, gone
    } catch {
      // no connection: asked again in a minute
    }
    asking = false;
    if (done) clearInterval(timer);
  }

  const timer = setInterval(ask, EVERY / 4);
  document.addEventListener("visibilitychange", ask);
})();
