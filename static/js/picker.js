// Pickers: what was used last is shown as soon as an empty one is entered; the arrow down chooses the first match.
(() => {
  const isPicker = (element) => element instanceof HTMLInputElement && element.matches(".picker-row > input[hx-get*='/pick/']");
  const matchesOf = (input) => document.getElementById(`${input.id}_matches`);

  // Not for people: whoever is entered here is somebody whose name is known.
  const showsRecent = (input) => isPicker(input) && !input.value && !input.getAttribute("hx-get").includes("/candidate/");

  function enter(input) {
    if (showsRecent(input) && !matchesOf(input).querySelector("input")) input.dispatchEvent(new Event("recent"));
  }

  document.addEventListener("focusin", (event) => enter(event.target));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || event.altKey || event.ctrlKey || event.metaKey || !isPicker(event.target)) return;
    const first = matchesOf(event.target).querySelector("input[type=radio]");
    if (!first) return;
    event.preventDefault();
    first.focus();
    first.click();
  });

  // What is chosen without a word being typed is named in the box.
  document.addEventListener("change", (event) => {
    const radio = event.target;
    if (!(radio instanceof HTMLInputElement) || !radio.matches(".match > input[type=radio]")) return;
    const box = radio.form?.elements.namedItem(radio.name.replace(/_choice$/, ""));
    const offered = radio.form?.elements.namedItem(radio.name.replace(/_choice$/, "_for"));
    const label = radio.nextElementSibling.textContent.trim().replace(/\s+/g, " ");
    if (!isPicker(box) || !(offered instanceof HTMLInputElement) || label.length > 200) return;
    if (offered.value && offered.dataset.named === undefined) return;
    box.value = offered.value = label;
    offered.dataset.named = "";
  });

  // While somebody types, what stands under the box belongs to an older text: it can't be chosen until the answer is there.
  document.addEventListener("input", (event) => {
    if (!isPicker(event.target)) return;
    const offered = matchesOf(event.target).querySelector("input[type=hidden]");
    matchesOf(event.target).inert = Boolean(offered) && offered.value !== event.target.value;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, requestConfig } = event.detail;
    const box = requestConfig?.elt ?? elt;
    if (isPicker(box) && box.value && requestConfig?.triggeringEvent?.type === "recent") event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.classList.contains("picker-matches")) event.detail.target.inert = false;
  });

  // In the list of sources the arrow down goes to the first one.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const inList = event.target.closest?.(".choices a");
    if (!inList && event.target.id !== "source-q") return;
    const links = [...document.querySelectorAll(".choices a")];
    const next = links[links.indexOf(inList) + (event.key === "ArrowDown" ? 1 : -1)] ?? document.getElementById("source-q");
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
