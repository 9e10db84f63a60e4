/* The end of a session is announced and can be put off; who types is active. */

import { keepAll, kept, unsaved } from "./drafts.js";

const AT_MOST = 120; // seconds before the end in which it is announced
const TOUCH = 60_000; // milliseconds between two signs of activity, as on the server
const LOOK = 15_000; // milliseconds between two looks whether another page was active
const AGAIN = 10_000; // milliseconds until the server is asked again where no answer came

const dialog = document.querySelector("[data-session]");
const { url, seconds: whole, left } = dialog?.dataset ?? {};
const warning = Math.min(AT_MOST, whole / 3);
let ends = Date.now() + left * 1000;
let touched = Date.now();
let looked = 0;
let timer = 0;
let over = false;

async function ask({ active }) {
  const headers = { Accept: "application/json", ...(active ? {} : { "X-Background": "true" }) };
  const answer = await fetch(url, { headers, redirect: "manual", cache: "no-store" });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return end();
  if (!answer.ok) throw new Error(answer.statusText);
  ends = Date.now() + (await answer.json()).seconds * 1000;
  return undefined;
}

const seconds = () => Math.max(0, Math.ceil((ends - Date.now()) / 1000));

function plan(delay) {
  clearTimeout(timer);
  if (!over) timer = setTimeout(look, delay ?? Math.max(ends - warning * 1000 - Date.now(), 0));
}

// Before it is announced the server is asked: another page may have kept the session alive.
async function look() {
  looked = Date.now();
  try {
    await ask({ active: false });
  } catch {
    return plan(AGAIN);
  }
  if (over) return undefined;
  if (seconds() > warning) {
    dialog.close();
    return plan();
  }
  announce();
  return undefined;
}

function announce() {
  if (!dialog.open) dialog.showModal();
  tick();
}

function tick() {
  clearTimeout(timer);
  if (over || !dialog.open) return;
  const text = `${Math.floor(seconds() / 60)}:${String(seconds() % 60).padStart(2, "0")}`;
  dialog.querySelector("[data-left]").textContent = text;
  const due = seconds() === 0 || Date.now() - looked > LOOK;
  timer = setTimeout(due ? look : tick, 1000);
}

async function stay() {
  touched = Date.now();
  try {
    await ask({ active: true });
  } catch {
    dialog.close(); // it may be there for long where there is no network; then it is asked again
    return plan(AGAIN);
  }
  if (over) return undefined;
  dialog.close();
  return plan();
}

async function end() {
  if (over) return;
  over = true;
  clearTimeout(timer);
  const typed = unsaved();
  await keepAll();
  const safe = kept();
  // A page that works without the server goes on, and says itself what is not sent.
  if (document.querySelector("[data-works-alone]")) return dialog.close();
  dialog.querySelector("[data-ending]").hidden = true;
  dialog.querySelector("[data-ended]").hidden = false;
  dialog.querySelector("[data-kept]").hidden = !(typed && safe);
  dialog.querySelector("[data-unkept]").hidden = safe;
  dialog.classList.toggle("covers", safe);
  dialog.setAttribute("aria-labelledby", "session-ended-heading");
  const again = dialog.querySelector("[data-again]");
  again.search = new URLSearchParams({ next: location.pathname + location.search });
  if (!dialog.open) dialog.showModal();
  return again.focus();
}

function active() {
  if (over || dialog.open || Date.now() - touched < TOUCH) return;
  touched = Date.now();
  ask({ active: true }).then(() => plan(), () => plan(AGAIN));
}

if (dialog) {
  plan();
  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  // Escape puts it off as well; a session that is over stays so, unless its text must be copied.
  dialog.addEventListener("cancel", (event) => {
    if (over && !dialog.classList.contains("covers")) return;
    event.preventDefault();
    if (!over) stay();
  });
  document.addEventListener("input", active);
  document.addEventListener("keydown", active);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && ends - Date.now() < warning * 1000 && !over) look();
  });
}

// What a page asks for by itself, without anybody having done something, is no activity.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-Background"] = "true";
});
