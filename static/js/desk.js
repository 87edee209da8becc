// The reading desk: words of the text are chosen with the mouse or with keys, and fill in the form beside it.
// Without this file the words are typed into that form. Places are counted in code points of the source's text.
(() => {
  const here = document.getElementById("here");
  if (here) showHere();
  document.querySelectorAll("form[data-fact]").forEach((form) => {
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector(".btn-primary"));
    });
  });

  const text = document.getElementById("text");
  const form = document.getElementById("add");
  if (text) window.addEventListener("hashchange", target);
  if (text) target();
  if (!text || !form) return;

  const quote = form.elements.quote;
  const { start: startBox, end: endBox } = form.elements;
  const box = quote.closest(".desk-words");
  const says = document.getElementById("desk-says");
  const buttons = new Map([...form.querySelectorAll("button[data-letter]")].map((one) => [one.dataset.letter, one]));
  const cases = [...form.querySelectorAll("input[name=case]")];
  const WORD = /[\p{L}\p{M}\p{N}](?:[^\s]*[\p{L}\p{M}\p{N}])?/gu;
  const PAUSE = 250; // before what is selected is said
  let cursor = null; // {p, from, to}: the word under the cursor, in UTF-16 places of its paragraph
  let anchor = null; // the word at which the selection began
  let chosen = false; // words are selected, so letters choose a kind
  let typed = ""; // what is looked for
  let caseByHand = false;
  let timer = 0;
  let soon = 0;
  let began = null; // the form, if the pointer was pressed in it: that selects nothing
  let byTouch = false; // by a finger, whose handles move a selection without any event but that it changed

  text.tabIndex = 0;
  text.setAttribute("role", "group");
  text.setAttribute("aria-label", text.dataset.label);
  text.setAttribute("aria-describedby", "keys");
  document.getElementById("keys").hidden = false;

  // ---------------------------------------------------------------------------------------- places in the text

  const codePoints = (string) => {
    let number = 0;
    for (const _ of string) number += 1;
    return number;
  };

  const paragraphOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("p[data-start]");

  // UTF-16 places inside a paragraph <-> nodes
  function placeIn(p, node, offset) {
    const range = document.createRange();
    range.selectNodeContents(p);
    range.setEnd(node, offset);
    return range.toString().length;
  }

  function nodeAt(p, place) {
    const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
    let last = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (place <= node.length) return [node, place];
      place -= node.length;
      last = node;
    }
    return last ? [last, last.length] : [p, 0];
  }

  const codePlace = (p, place) => Number(p.dataset.start) + codePoints(p.textContent.slice(0, place));

  // The part of a selection that lies in the text, or null
  function selected() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0).cloneRange();
    if (!range.intersectsNode(text)) return null;
    if (!text.contains(range.startContainer)) range.setStart(text, 0);
    if (!text.contains(range.endContainer)) range.setEnd(text, text.childNodes.length);
    const [first, last] = [edge(range.startContainer, range.startOffset, true), edge(range.endContainer, range.endOffset, false)];
    if (!first || !last) return null;
    const words = range.toString().trim();
    const [start, end] = [codePlace(...first), codePlace(...last)];
    return words && start < end ? { start, end, words: between(first, last) } : null;
  }

  function edge(node, offset, atStart) {
    const p = paragraphOf(node);
    if (p) return [p, placeIn(p, node, offset)];
    const all = [...text.querySelectorAll("p[data-start]")];
    const before = all.filter((one) => node.childNodes[offset] && !(node.childNodes[offset].compareDocumentPosition(one) & 4) && one !== node.childNodes[offset]);
    if (atStart) return all[before.length] ? [all[before.length], 0] : null;
    const end = node.childNodes[offset] ? before.at(-1) : all.at(-1);
    return end ? [end, end.textContent.length] : null;
  }

  function between([p, from], [q, to]) {
    if (p === q) return p.textContent.slice(from, to).trim();
    const lines = [p.textContent.slice(from)];
    for (let one = p.nextElementSibling; one && one !== q; one = one.nextElementSibling) lines.push(one.textContent);
    return [...lines, q.textContent.slice(0, to)].join("\n").trim();
  }

  // ---------------------------------------------------------------------------------------- words and the cursor

  function wordsOf(p) {
    return [...p.textContent.matchAll(WORD)].map((match) => ({ p, from: match.index, to: match.index + match[0].length }));
  }

  const later = (a, b) => (a.p === b.p ? a.from >= b.from : Boolean(b.p.compareDocumentPosition(a.p) & 4));

  function neighbour(word, forward) {
    const words = wordsOf(word.p);
    const at = words.findIndex((one) => one.from === word.from);
    const next = words[at + (forward ? 1 : -1)];
    if (next) return next;
    let p = word.p;
    while ((p = forward ? p.nextElementSibling : p.previousElementSibling)) {
      const found = wordsOf(p);
      if (found.length) return forward ? found[0] : found.at(-1);
    }
    return word;
  }

  function wordAt(p, place) {
    const words = wordsOf(p);
    return words.find((one) => one.to >= place) ?? words.at(-1) ?? null;
  }

  function firstWord() {
    const shown = [...text.querySelectorAll("p[data-start]")].find((p) => p.getBoundingClientRect().bottom > 0 && wordsOf(p).length);
    return shown ? wordsOf(shown)[0] : null;
  }

  // The word of the next line above or below, where the browser's own caret would come to stand
  function lineAway(word, forward) {
    const selection = document.getSelection();
    selection.collapse(...nodeAt(word.p, word.from));
    selection.modify("move", forward ? "forward" : "backward", "line");
    const p = selection.anchorNode && text.contains(selection.anchorNode) ? paragraphOf(selection.anchorNode) : null;
    const found = p && wordAt(p, placeIn(p, selection.anchorNode, selection.anchorOffset));
    if (!found || (found.p === word.p && found.from === word.from)) return word;
    return found;
  }

  function draw() {
    const [first, last] = later(cursor, anchor) ? [anchor, cursor] : [cursor, anchor];
    const selection = document.getSelection();
    selection.setBaseAndExtent(...nodeAt(first.p, first.from), ...nodeAt(last.p, last.to));
    const box = (cursor === first ? first : last).p;
    const range = document.createRange();
    range.setStart(...nodeAt(cursor.p, cursor.from));
    range.setEnd(...nodeAt(cursor.p, cursor.to));
    const place = range.getBoundingClientRect();
    const bar = barHeight();
    if (place.top < 60 || place.bottom > window.innerHeight - bar - 60) {
      if (!bar && box.offsetHeight < window.innerHeight / 2) box.scrollIntoView({ block: "center", behavior: "instant" });
      else window.scrollBy({ top: place.top - (window.innerHeight - bar) / 2, behavior: "instant" });
    }
  }

  function move(event) {
    const rtl = cursor && getComputedStyle(cursor.p).direction === "rtl";
    const forward = event.key === "ArrowDown" || event.key === (rtl ? "ArrowLeft" : "ArrowRight");
    const byLine = event.key === "ArrowDown" || event.key === "ArrowUp";
    const from = cursor;
    if (!from) cursor = firstWord();
    else cursor = byLine ? lineAway(from, forward) : neighbour(from, forward);
    if (!cursor) return;
    if (!event.shiftKey || !from) anchor = cursor;
    chosen = event.shiftKey;
    typed = "";
    draw();
    take();
  }

  // ---------------------------------------------------------------------------------------- finding what is typed

  function find(letters) {
    typed = letters;
    if (!typed) return letGo();
    const wanted = typed.toLocaleLowerCase();
    const all = [...text.querySelectorAll("p[data-start]")];
    const first = cursor ? all.indexOf(cursor.p) : 0;
    for (let step = 0; step <= all.length; step += 1) {
      const p = all[(first + step) % all.length];
      const from = step === 0 && cursor ? Math.min(cursor.from, anchor.p === cursor.p ? anchor.from : cursor.from) : 0;
      const at = p.textContent.toLocaleLowerCase().indexOf(wanted, from);
      if (at < 0) continue;
      const words = wordsOf(p);
      anchor = words.find((one) => one.to > at) ?? null;
      cursor = words.findLast((one) => one.from < at + wanted.length) ?? anchor;
      if (!anchor) continue;
      draw();
      take();
      return announce(`${text.dataset.found} ${quote.value}`);
    }
    announce(`${text.dataset.notFound} ${typed}`);
  }

  function letGo() {
    typed = "";
    chosen = false;
    if (cursor) {
      anchor = cursor;
      draw();
    }
    take();
  }

  // ---------------------------------------------------------------------------------------- filling in the form

  function take() {
    const found = selected();
    text.classList.toggle("finding", Boolean(typed));
    form.classList.toggle("is-bar", chosen && Boolean(found));
    if (!found) return;
    clearTimeout(soon);
    soon = setTimeout(clearOfBar, PAUSE);
    [quote.value, startBox.value, endBox.value] = [found.words, found.start, found.end];
    box.classList.add("is-selected");
    fold();
    if (!caseByHand) chooseCase(found.words);
    announce(`${text.dataset.selected} ${found.words.slice(0, 200)}`);
  }

  // On a narrow screen the form stands below the text: with words chosen it comes up as a bar, which must not lie on them.
  const barHeight = () => (getComputedStyle(form).position === "fixed" ? form.offsetHeight : 0);

  function clearOfBar() {
    const selection = document.getSelection();
    const bar = barHeight();
    if (!bar || !selection.rangeCount || !text.contains(selection.anchorNode)) return;
    const { top, bottom } = selection.getRangeAt(0).getBoundingClientRect();
    const under = bottom - (window.innerHeight - bar - 16);
    if (under > 0 && top > 16) window.scrollBy({ top: Math.min(under, top - 16), behavior: "instant" });
  }

  form.querySelector(".desk-close").addEventListener("click", () => {
    form.classList.remove("is-bar");
    text.focus({ preventScroll: true });
  });
  document.addEventListener("focusin", (event) => {
    if (!form.contains(event.target) && !text.contains(event.target)) form.classList.remove("is-bar");
  });

  // The one person whom the words name is the one they are about
  function chooseCase(words) {
    const lower = words.toLocaleLowerCase();
    const named = cases.filter((one) =>
      (one.dataset.person.toLocaleLowerCase().match(/[\p{L}\p{M}]{4,}/gu) ?? []).some((part) => lower.includes(part)),
    );
    if (named.length === 1) named[0].checked = true;
  }

  function announce(words) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      says.textContent = words;
    }, PAUSE);
  }

  quote.addEventListener("input", () => {
    startBox.value = endBox.value = "";
    box.classList.remove("is-selected");
    fold();
  });
  const fold = () => form.classList.toggle("is-idle", !quote.value);
  fold();
  cases.forEach((one) => one.addEventListener("change", () => (caseByHand = true)));
  // A case that is found by typing is meant as soon as there is one
  form.elements.other.addEventListener("input", () => cases.forEach((one) => (one.checked = false)));

  // A selection can begin in marked words: while the mouse is down they are no link, and a mere click follows it after all.
  text.addEventListener("pointerdown", (event) => {
    const link = event.target.closest(".tied > a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.pointerType !== "mouse") return;
    const address = link.href;
    link.removeAttribute("href");
    const back = (up) => {
      link.href = address;
      document.removeEventListener("pointerup", back);
      document.removeEventListener("pointercancel", back);
      if (up.type === "pointerup" && link.contains(up.target) && document.getSelection().isCollapsed) location.assign(address);
    };
    document.addEventListener("pointerup", back);
    document.addEventListener("pointercancel", back);
  });
  document.addEventListener("pointerup", () => began !== form && setTimeout(takeMouse));
  document.addEventListener("pointerdown", (event) => {
    byTouch = event.pointerType !== "mouse";
    began = form.contains(event.target) ? form : null;
  });
  document.addEventListener("selectionchange", () => (byTouch || document.activeElement !== text) && setTimeout(takeMouse));

  function takeMouse() {
    const selection = document.getSelection();
    if (!selection.rangeCount || !text.contains(selection.anchorNode)) return;
    const p = paragraphOf(selection.focusNode ?? text);
    if (p && text.contains(p)) {
      const place = placeIn(p, selection.focusNode, selection.focusOffset);
      const [at, q] = [wordAt(p, place), paragraphOf(selection.anchorNode)];
      const first = q && wordAt(q, placeIn(q, selection.anchorNode, selection.anchorOffset));
      if (at && first) [cursor, anchor] = [at, selection.isCollapsed ? at : first];
    }
    typed = "";
    chosen = !selection.isCollapsed;
    take();
  }

  // ---------------------------------------------------------------------------------------- keys

  text.addEventListener("keydown", (event) => {
    if (event.target !== text || event.ctrlKey || event.metaKey || event.altKey) return;
    byTouch = false;
    if (/^Arrow/.test(event.key)) {
      event.preventDefault();
      move(event);
    } else if (event.key === "Escape") {
      letGo();
    } else if (event.key === "Backspace" && typed) {
      event.preventDefault();
      find([...typed].slice(0, -1).join(""));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!chosen && cursor) choose();
      else if (chosen) (cases.find((one) => one.checked) ?? form.elements.other).focus();
    } else if (typed ? [...event.key].length === 1 : /^[\p{L}\p{M}\p{N}]$/u.test(event.key)) {
      event.preventDefault();
      event.stopPropagation(); // the page's own letters are not meant here
      if (chosen) press(event);
      else find(typed + event.key);
    }
  });

  function choose() {
    typed = "";
    chosen = true;
    take();
  }

  // A letter chooses a kind, also on a keyboard of another script; a number one of the cases
  function press(event) {
    const number = Number(event.key);
    if (number && cases[number - 1]) {
      cases[number - 1].checked = caseByHand = true;
      announce(cases[number - 1].dataset.person);
      return;
    }
    const button = buttons.get(event.key.toLowerCase()) ?? buttons.get(event.code.replace("Key", "").toLowerCase());
    if (button) form.requestSubmit(button);
  }

  // ---------------------------------------------------------------------------------------- coming back

  function target() {
    const text = document.getElementById("text");
    text.querySelectorAll(".is-target").forEach((one) => one.classList.remove("is-target"));
    const key = /^#passage-(\d+)$/.exec(location.hash)?.[1];
    if (!key) return;
    text.querySelectorAll("[data-passages]").forEach((one) => {
      one.classList.toggle("is-target", one.dataset.passages.split(" ").includes(key));
    });
  }

  function showHere() {
    const around = here.closest(".desk-excerpt");
    if (around) around.scrollTop = here.offsetTop - around.offsetTop - around.clientHeight / 3;
  }

  // After a fact was saved, or words were chosen before: the cursor stands there, and the keys go on from it.
  // Once the page has loaded, because going to the passage in its address lets go of the focus.
  const goOn = () => {
    const cameBack = /\/(cases|facts)\/add\//.test(document.referrer);
    const marks = text.querySelectorAll(".is-target");
    const last = marks[marks.length - 1] ?? (cameBack && document.getElementById(`passage-${text.dataset.last}`)?.closest("mark"));
    if (last) {
      const p = last.closest("p");
      cursor = anchor = wordAt(p, placeIn(p, last, last.childNodes.length));
      if (!marks.length) last.scrollIntoView({ block: "center", behavior: "instant" });
      text.focus({ preventScroll: true });
    } else if (startBox.value && endBox.value && !document.getElementById("errors")) {
      select(Number(startBox.value), Number(endBox.value));
    }
  };

  function select(start, end) {
    const at = (place) => [...text.querySelectorAll("p[data-start]")].findLast((p) => Number(p.dataset.start) <= place);
    const utf16 = (p, place) => [...p.textContent].slice(0, place - Number(p.dataset.start)).join("").length;
    const [p, q] = [at(start), at(end - 1)];
    if (!p || !q) return;
    [anchor, cursor] = [wordAt(p, utf16(p, start) + 1), wordAt(q, utf16(q, end))];
    text.focus({ preventScroll: true });
    chosen = true;
    draw();
    take();
  }

  if (document.readyState === "complete") goOn();
  else window.addEventListener("load", () => setTimeout(goOn));
})();
