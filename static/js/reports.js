// Says how far a download is: asks, while it runs, the address in data-export, with a random word that goes along with the
// download. The file itself is the browser's business, with or without this.
(() => {
  const EVERY = 1000; // milliseconds
  const PATIENCE = 20; // questions without an answer, until nothing more is expected
  const numbers = new Intl.NumberFormat(document.documentElement.lang);

  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  function filled(words, values) {
    return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? numbers.format(values[name]) : whole));
  }

  function show(place, state, values) {
    const bar = place.querySelector("progress");
    const told = place.querySelector("[role=status]");
    const line = place.querySelector(".progress-rows");
    const words = place.dataset[state === "running" ? "begun" : state];
    place.hidden = false;
    const said = filled(words, values);
    if (told.textContent !== said) told.textContent = said; // read aloud at the beginning and at the end only
    bar.hidden = line.hidden = state !== "running";
    line.textContent = values.rows ? filled(values.total ? place.dataset.of : place.dataset.rows, values) : "";
    if (values.total && values.rows) {
      bar.max = values.total;
      bar.value = values.rows;
    } else {
      bar.removeAttribute("value");
    }
  }

  async function answer(address, token, total) {
    const url = new URL(address, location.href);
    url.searchParams.set("token", token);
    if (total) url.searchParams.set("total", "1");
    // "X-Unattended": nobody did anything, so this keeps no session alive.
    const got = await fetch(url, { headers: { "X-Unattended": "1" }, redirect: "manual" });
    return got.status === 200 ? got.json() : null;
  }

  function follow(place, address, token, counts) {
    let total = Number(place.dataset.total) || 0;
    let asked = false; // for the total
    let unanswered = 0;
    let rows = 0;
    show(place, "running", { rows, total });

    async function ask() {
      let said = null;
      try {
        said = await answer(address, token, counts && !total && !asked && rows);
      } catch {
        // no connection just now
      }
      if (place.token !== token) return; // another download was begun
      if (said?.total !== undefined) [total, asked] = [said.total, true];
      if (!said || said.state === "unknown") {
        unanswered += 1;
        if (unanswered > PATIENCE) return show(place, "lost", {});
      } else {
        unanswered = 0;
        rows = said.rows;
        show(place, said.state, { rows, total: Math.max(total, total && rows) });
        if (said.state !== "running") return;
      }
      setTimeout(ask, EVERY);
    }

    place.token = token;
    setTimeout(ask, EVERY);
  }

  for (const form of document.querySelectorAll("form[data-export]")) {
    const place = document.querySelector(".progress-of");
    form.addEventListener("submit", (event) => {
      form.querySelector("[name=token]")?.remove();
      if (!place || (event.submitter?.name === "do" && !["csv", "xlsx"].includes(event.submitter.value))) return;
      const field = document.createElement("input");
      [field.type, field.name, field.value] = ["hidden", "token", random()];
      form.append(field);
      follow(place, form.dataset.export, field.value, "counts" in form.dataset);
    });
  }
})();
