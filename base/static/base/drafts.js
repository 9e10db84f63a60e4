/* Typed work is not lost: leaving asks, and until it is saved the device keeps it, encrypted with
   a key the server gives the person alone. Every form of the workspace takes part by itself.

   A form names its draft by `data-draft` where its address does not say what it is about. A page
   whose fields come and go listens to "fallwerk:restore" (detail.fields: names with values) and
   says by preventDefault() that it has put everything back. What a page changes without a key
   being pressed it tells by an "input" event at the form; a form that saves itself tells by
   "fallwerk:saved" that all is stored. */

import { signsOut } from "./signing_out.js";

const PREFIX = "fallwerk.draft.";
const SENT = "fallwerk.sent";
const KEPT_FOR = 7 * 24 * 3600 * 1000; // milliseconds
const PAUSE = 150; // milliseconds without a key before the draft is written
const NO_ANSWER = 10_000; // milliseconds after which signing out has not come to pass
const FORMS = "main form[method=post]";
const NEVER = new Set(["file", "password", "submit", "button", "reset", "image"]);
const UNNAMED = "csrfmiddlewaretoken";

const { person, draftKey, method } = document.body.dataset;
const bytes = new TextEncoder();
const states = new Map(); // form → what is known about its draft
const able = Boolean(person && globalThis.crypto?.subtle);
const key = able && crypto.subtle.importKey(
  "raw", Uint8Array.from(atob(draftKey), (each) => each.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"],
);
let asks = true;
let writes = able;

const drafted = (form) => [...form.elements].filter(
  (field) => field.name && field.name !== UNNAMED && !NEVER.has(field.type) && field.matches("input, select, textarea"),
);
const editable = (form) => drafted(form).some((field) => field.type !== "hidden");
const checked = (field) => field.type === "checkbox" || field.type === "radio";

// Whether a field holds something else than the server drew: typed before this script was there,
// or put back by the browser.
function differs(field) {
  if (checked(field)) return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.type !== "hidden" && field.value !== field.defaultValue;
  const drawn = [...field.options].some((each) => each.defaultSelected);
  if (!drawn && !field.multiple) return field.selectedIndex > 0;
  return [...field.options].some((each) => each.selected !== each.defaultSelected);
}

function fieldsOf(form) {
  return drafted(form).flatMap((field) => {
    if (checked(field)) return field.checked ? [[field.name, field.value]] : [];
    if (field.multiple && field.options) return [...field.selectedOptions].map((each) => [field.name, each.value]);
    return [[field.name, field.value]];
  });
}

function stateOf(form) {
  if (!states.has(form)) {
    const place = [...document.querySelectorAll(FORMS)].indexOf(form);
    states.set(form, { dirty: false, sent: false, kept: false, timer: 0, at: form.dataset.draft ?? `${location.pathname}${location.search}#${place}` });
  }
  return states.get(form);
}

// Names of drafts say nothing either: addresses may carry what somebody searched for.
async function nameOf(state) {
  const digest = await crypto.subtle.digest("SHA-256", bytes.encode(`${draftKey} ${state.at}`));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${PREFIX}${person}.${hex.slice(0, 32)}`;
}

async function write(form) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  if (!writes || !state.dirty) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = bytes.encode(JSON.stringify(fieldsOf(form)));
  const [name, data] = await Promise.all([
    nameOf(state), crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, text),
  ]);
  if (!writes || !state.dirty) return; // saved, or signed out, meanwhile
  try {
    localStorage.setItem(name, JSON.stringify({ at: Date.now(), iv: packed(iv), data: packed(data) }));
    state.kept = true;
  } catch {
    state.kept = false; // no room, or the browser allows none
  }
}

const packed = (data) => btoa(Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join(""));
const unpacked = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

async function read(name) {
  const stored = localStorage.getItem(name);
  if (!stored) return null;
  try {
    const { at, iv, data } = JSON.parse(stored);
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: unpacked(iv) }, await key, unpacked(data));
    return { at, fields: JSON.parse(new TextDecoder().decode(text)) };
  } catch {
    localStorage.removeItem(name); // written with a key that is no more
    return null;
  }
}

async function forget(form) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  Object.assign(state, { dirty: false, kept: false });
  if (able) localStorage.removeItem(await nameOf(state));
}

/* Whether something typed is not saved; whether all of it is kept on the device. */
export const unsaved = () => [...states.values()].some((state) => state.dirty);
export const kept = () => [...states.values()].every((state) => !state.dirty || state.kept);

/* Write every draft now, and let the page be left without asking where that succeeded. */
export async function keepAll() {
  await Promise.all([...states.keys()].map(write));
  if (kept()) asks = false;
}

function changed(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  if (!form?.matches(FORMS) || !editable(form)) return;
  const state = stateOf(form);
  Object.assign(state, { dirty: true, sent: false });
  clearTimeout(state.timer);
  state.timer = setTimeout(() => write(form), PAUSE);
}
document.addEventListener("input", changed);
document.addEventListener("change", changed);
document.addEventListener("fallwerk:saved", (event) => forget(event.target));

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !states.has(form)) return;
  const state = stateOf(form);
  state.sent = true;
  if (!able) return;
  write(form); // the page lives until the answer comes
  sessionStorage.setItem(SENT, await nameOf(state));
});

addEventListener("beforeunload", (event) => {
  if (asks && [...states.values()].some((state) => state.dirty && !state.sent)) event.preventDefault();
});
addEventListener("pageshow", () => {
  for (const state of states.values()) state.sent = false;
});

// Whoever presses "cancel" and stands by it wants nothing kept.
document.addEventListener("click", async (event) => {
  const form = event.target.closest("a[data-cancel]")?.closest("form");
  if (!form || !able || !states.has(form)) return;
  const name = nameOf(stateOf(form));
  addEventListener("pagehide", async () => {
    writes = false;
    localStorage.removeItem(await name);
  }, { once: true });
});

// Signing out takes the drafts along (the server's answer says so to the browser); other pages
// that are still open must not write new ones: they are told by waiting.js.
const others = new BroadcastChannel("fallwerk");
others.addEventListener("message", ({ data }) => {
  if (data === person) writes = false;
});
document.addEventListener("submit", (event) => {
  if (!signsOut(event.target)) return;
  // Nor must this page: it lives on for a moment after the answer. Where none comes, it goes on.
  writes = false;
  setTimeout(() => {
    writes = able;
    for (const form of states.keys()) write(form);
  }, NO_ANSWER);
});

// An answer that leads to signing in: the text comes back afterwards.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Redirect")) keepAll();
});

/* Put values where they belong; return those that have no place yet. */
function put(form, fields) {
  const wanted = new Map();
  for (const [name, value] of fields) wanted.set(name, [...(wanted.get(name) ?? []), value]);
  const touched = [];
  for (const field of drafted(form)) {
    const values = wanted.get(field.name);
    if (checked(field)) {
      const on = Boolean(values?.includes(field.value));
      if (on !== field.checked) touched.push(field);
      field.checked = on;
      if (on) values.splice(values.indexOf(field.value), 1);
    } else if (field.multiple && field.options) {
      for (const option of field.options) option.selected = Boolean(values?.includes(option.value));
      if (values) values.length = 0;
      touched.push(field);
    } else if (values?.length) {
      if (field.matches("select") && ![...field.options].some((each) => each.value === values[0])) continue;
      const value = values.shift();
      if (field.value !== value && field.type !== "hidden") touched.push(field);
      field.value = value;
    }
  }
  for (const field of touched) field.dispatchEvent(new Event("input", { bubbles: true }));
  touched.at(-1)?.dispatchEvent(new Event("change", { bubbles: true }));
  return [...wanted].flatMap(([name, values]) => values.map((value) => [name, value]));
}

function restore(form, { at, fields }) {
  const event = new CustomEvent("fallwerk:restore", { bubbles: true, cancelable: true, detail: { fields } });
  if (form.dispatchEvent(event)) {
    // What is in a field already was typed later than the draft.
    const later = new Set(drafted(form).filter(differs).map((field) => field.name));
    const kept = fields.filter(([name]) => !later.has(name));
    let rest = put(form, [...kept, ...fieldsOf(form).filter(([name]) => later.has(name))]);
    let rounds = 3; // parts the server draws after a choice above them
    form.addEventListener("htmx:afterSettle", () => {
      if (rest.length && rounds-- > 0) rest = put(form, rest);
    });
  }
  Object.assign(stateOf(form), { dirty: true, kept: true });
  const notice = document.querySelector("template[data-restored]").content.cloneNode(true);
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  notice.querySelector("[data-when]").textContent = when.format(at);
  notice.querySelector("button").addEventListener("click", async () => {
    asks = writes = false;
    await forget(form);
    location.reload();
  });
  form.before(notice);
}

function sameAs(form, fields) {
  const seen = new Set(drafted(form).filter((field) => field.type !== "hidden").map((field) => field.name));
  const shown = (all) => JSON.stringify(all.filter(([name]) => seen.has(name)));
  return fields.every(([name]) => form.elements.namedItem(name)) && shown(fields) === shown(fieldsOf(form));
}

async function begin() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!person) return;
  // Saved is what was sent and answered by leading on to another page, other than that to sign in.
  const [way] = performance.getEntriesByType("navigation");
  if (sent && method === "GET" && way.redirectCount) localStorage.removeItem(sent);
  for (const name of able ? Object.keys(localStorage).filter((each) => each.startsWith(PREFIX)) : []) {
    const { at = 0 } = JSON.parse(localStorage.getItem(name));
    if (Date.now() - at > KEPT_FOR) localStorage.removeItem(name);
  }
  for (const form of document.querySelectorAll(FORMS)) {
    if (!editable(form)) continue;
    const state = stateOf(form);
    const typed = drafted(form).some(differs);
    state.dirty ||= typed;
    if (!able) continue;
    const name = await nameOf(state);
    // Refused: the page holds what was sent, and it is still not saved.
    if (method !== "GET") state.dirty ||= name === sent;
    const draft = method === "GET" ? await read(name) : null;
    if (draft && !sameAs(form, draft.fields)) restore(form, draft);
    else if (state.dirty) write(form);
    else if (draft) localStorage.removeItem(name);
  }
}

if (document.readyState === "complete") begin();
else document.addEventListener("DOMContentLoaded", begin, { once: true });
