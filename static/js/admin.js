// Names for the parts of the admin's pickers (select2), which they make without any; and words for those who don't see them.
"use strict";

const named = (part, words) => {
  if (part && words && !part.getAttribute("aria-label")) part.setAttribute("aria-label", words);
};

const wordsFor = (select) => {
  const label = select.labels && select.labels[0];
  const cell = select.closest("td");
  const column = cell && cell.closest("table")?.querySelectorAll("thead th, thead td")[cell.cellIndex];
  return (label || column)?.textContent.trim() || select.title || select.name;
};

const nameParts = () => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const words = wordsFor(select);
    const box = select.nextElementSibling;
    named(box?.querySelector(".select2-selection"), words);
    const shown = box?.querySelector(".select2-selection__rendered[role]");
    shown?.removeAttribute("role");
    shown?.removeAttribute("aria-readonly");
    box?.querySelector(".select2-selection")?.removeAttribute("aria-labelledby");
    named(box?.querySelector(".select2-search__field"), words);
  }
  const open = document.querySelector(".select2-container--open .select2-selection");
  const words = open?.getAttribute("aria-label");
  if (open?.hasAttribute("aria-owns")) open.setAttribute("aria-controls", open.getAttribute("aria-owns"));
  for (const box of document.querySelectorAll("body > .select2-container")) {
    box.setAttribute("role", "region");
    named(box, words);
  }
  for (const part of document.querySelectorAll(".select2-dropdown .select2-search__field, .select2-results__options")) named(part, words);
};

new MutationObserver(nameParts).observe(document.documentElement, { childList: true, subtree: true });
