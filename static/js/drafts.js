// Keeps on the server what is typed in a form, so that a crash or a time-out loses nothing. Nothing stays in the browser.
(() => {
  const page = document.querySelector("input[name=draft][data-keep]");
  const form = page?.form;
  if (!form) return;

  const PAUSE = 1500; // after the last key
  const LONGEST = 10000; // while somebody types without a pause
  const SMALL = 60000; // bytes that a browser still sends while a page closes

  const status = document.createElement("span");
  status.className = "draft-status";
  status.setAttribute("role", "status");
  const end = form.querySelector(".form-end");
  end.insertBefore(status, end.querySelector(".btn-danger"));

  let timer = 0;
  let since = 0; // when the first change was made that is not kept
  let sending = null;
  let signedOut = false;
  let waiting = false; // signed out, or another page has a draft: nothing is sent until somebody comes back to this window
  let leaving = false;
  let refused = Infinity; // size of what was too long for a draft, which is not sent again: a text can be two million letters
  let refusal = "";
  let queued = false; // sent by the user, once the draft that is on its way has arrived

  function typed() {
    const fields = new FormData(form);
    for (const [name, value] of [...fields]) if (typeof value !== "string") fields.delete(name);
    fields.set("draft-path", page.dataset.path);
    return fields;
  }

  function sizeOf(fields) {
    return new Blob([...fields].flat()).size + [...fields].length * 120;
  }

  function post(fields, closing) {
    return fetch(page.dataset.keep, {
      method: "POST",
      body: fields,
      redirect: "manual", // to the page for signing in
      keepalive: Boolean(closing) && sizeOf(fields) < SMALL,
      signal: AbortSignal.timeout(10000),
    });
  }

  // Signing in anew, in another tab, gives a new token against forgery. Only the same person gets it here.
  async function renew() {
    const answer = await fetch(page.dataset.keep, { redirect: "manual" });
    if (!answer.ok) return false;
    const { token, user } = await answer.json();
    if (String(user) !== page.dataset.user) return false;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = token));
    return true;
  }

  async function send(closing) {
    const size = sizeOf(typed());
    if (size >= refused) return refusal;
    let answer = signedOut ? null : await post(typed(), closing);
    if (!answer || answer.type === "opaqueredirect" || answer.status === 403) {
      signedOut = waiting = !(await renew());
      if (signedOut) return page.dataset.signedOut;
      answer = await post(typed(), closing);
    }
    waiting = answer.status === 409;
    if (answer.status >= 500) throw new Error("not now");
    const inWords = answer.headers.get("Content-Type") === "application/json";
    const message = inWords ? (await answer.json()).message : page.dataset.notKept;
    if (answer.status === 413) [refused, refusal] = [size, message];
    return message;
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function keep(closing) {
    clearTimeout(timer);
    if (!since || (sending && !closing)) return;
    since = 0;
    let pause = PAUSE;
    sending = send(closing)
      .catch(() => {
        since ||= Date.now();
        pause = LONGEST; // the network or the server is away: try again, but not at once
        return page.dataset.notKept;
      })
      .then(say)
      .finally(() => {
        sending = null;
        if (since && !leaving) later(pause);
      });
  }

  function later(pause) {
    clearTimeout(timer);
    if (!waiting) timer = setTimeout(() => keep(false), pause);
  }

  function changed() {
    leaving = false;
    since ||= Date.now();
    later(Math.max(0, Math.min(PAUSE, since + LONGEST - Date.now())));
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);

  // A draft that arrives after the form was saved would stay: wait for the one that is on its way.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    since = 0;
    leaving = true;
    if (!sending) return;
    event.preventDefault();
    if (queued) return;
    queued = true;
    const button = event.submitter;
    sending.then(() => {
      queued = false;
      form.requestSubmit(button);
    });
  });

  function left() {
    if (!leaving && !waiting) keep(true);
  }

  function back() {
    if (!waiting) return;
    since ||= Date.now();
    keep(false);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") back();
    else left();
  });
  window.addEventListener("focus", back);
  window.addEventListener("pagehide", left);
})();
