/* The little the workspace does in the browser: menu on the telephone, look, search by keyboard. */

import "./typing.js";
import "./drafts.js";
import "./session.js";
import "./waiting.js";
import { sayFound } from "./saying.js";

const menu = document.querySelector("[data-menu]");
const menuButton = document.querySelector("[data-menu-button]");

// While it is open it covers the page, which then takes no focus.
function openMenu(open) {
  menu.classList.toggle("open", open);
  menuButton.setAttribute("aria-expanded", open);
  document.querySelector("main").inert = open;
}

menuButton?.addEventListener("click", () => {
  openMenu(!menu.classList.contains("open"));
  if (menu.classList.contains("open")) menu.querySelector("a")?.focus();
});

// On a wide window it stands beside the page.
new ResizeObserver(() => {
  if (menuButton && !menuButton.checkVisibility() && menu.classList.contains("open")) openMenu(false);
}).observe(document.documentElement);

// All of a list at once; a second time none.
for (const button of document.querySelectorAll("[data-choose-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.closest("[data-choosable]").querySelectorAll("input[type=checkbox]")];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
}

// The look is kept in a cookie, so that the server draws it without flicker.
document.querySelector("[data-theme-choice]")?.addEventListener("change", (event) => {
  const chosen = event.target.value;
  const age = chosen ? 31536000 : 0;
  document.cookie = `theme=${chosen}; path=/; max-age=${age}; SameSite=Lax`;
  if (chosen) document.documentElement.dataset.kernTheme = chosen;
  else delete document.documentElement.dataset.kernTheme;
  document.querySelector("meta[name=color-scheme]").content = chosen || "light dark";
});

// Paper is white.
let screenTheme;
window.addEventListener("beforeprint", () => {
  screenTheme = document.documentElement.dataset.kernTheme;
  document.documentElement.dataset.kernTheme = "light";
});
window.addEventListener("afterprint", () => {
  if (screenTheme) document.documentElement.dataset.kernTheme = screenTheme;
  else delete document.documentElement.dataset.kernTheme;
});

// What opens over the page closes by Escape and by a click beside it.
const popups = () => document.querySelectorAll("details[data-closes][open]");

document.addEventListener("click", (event) => {
  for (const popup of popups()) if (!popup.contains(event.target)) popup.open = false;
});

const search = document.querySelector("[data-search]");
const box = search?.querySelector("input");
const hits = search?.querySelector(".hits");

const options = () => [...hits.querySelectorAll("[role=option]")];

function show(open) {
  hits.hidden = !open;
  box.setAttribute("aria-expanded", open && options().length > 0);
  if (!open) select(null);
}

function select(option) {
  for (const other of hits.querySelectorAll("[aria-selected]")) other.removeAttribute("aria-selected");
  option?.setAttribute("aria-selected", "true");
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

box?.addEventListener("keydown", (event) => {
  const at = options().findIndex((option) => option.hasAttribute("aria-selected"));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!options().length) return;
    event.preventDefault();
    show(true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    select(options().at((at + step) % options().length));
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    options()[at].click();
  }
});
box?.addEventListener("focus", () => show(true));
search?.addEventListener("focusout", (event) => {
  if (!search.contains(event.relatedTarget)) show(false);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== hits) return;
  show(true);
  if (hits.childElementCount) sayFound(options().length);
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "Escape") {
    for (const popup of popups()) {
      popup.open = false;
      popup.querySelector("summary").focus();
    }
    if (box && document.activeElement === box) show(false);
    if (menu?.classList.contains("open")) {
      openMenu(false);
      menuButton.focus();
    }
  }
});

// A form marked `data-once` is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-once]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

// After a refused form the list of what is wrong gets the focus.
document.querySelector("[data-focus]")?.focus();
