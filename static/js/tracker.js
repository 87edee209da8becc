// Comforts only: every page works without this file.
(() => {
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !event.defaultPrevented;
  let shifts = [];

  function leave() {
    const form = document.getElementById("leave");
    if (!form) return;
    document.documentElement.hidden = true; // nothing is on the screen while the server answers
    form.submit();
  }

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu === except) return;
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside && !except) menu.querySelector("summary").focus();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
    if (event.key === "a" && plain(event) && !typing(event.target) && getSelection().isCollapsed) {
      const link = document.querySelector("a[data-shortcut='a']");
      if (link) {
        event.preventDefault();
        link.click();
      }
    }
    if (event.key === "Escape") closeMenus();
    if (event.repeat) return;
    shifts = event.key === "Shift" ? [...shifts.filter((time) => event.timeStamp - time < 1000), event.timeStamp] : [];
    if (shifts.length === 3) leave();
  });

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu") ?? document.body));
  document.addEventListener("submit", (event) => {
    if (event.target.id === "leave") document.documentElement.hidden = true;
  });
  // A page that comes back from the browser's memory after signing out would show what it held.
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  document.getElementById("errors")?.focus();
})();
