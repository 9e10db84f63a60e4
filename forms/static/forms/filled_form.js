/* A form that saves itself while one types (htmx sends it); here: what the writer is told. */

import { say } from "../base/saying.js";

const form = document.querySelector("[data-filled]");
const state = document.querySelector("#save-state");
const AGAIN = 10_000; // milliseconds until a save that found no connection is tried once more
let typed = 0; // counts what was typed
let sent = 0; // how much of it the save under way has with it
let saved = 0; // how much of it is stored

let told = true; // whether it was saved, as a screen reader was told last

const show = (text) => {
  state.replaceChildren(text);
};

// Not at each key: only when what is typed is no longer kept, or is again.
function tell(isSaved) {
  if (isSaved !== told) say(state.innerText);
  told = isSaved;
}

form.addEventListener("input", () => {
  typed += 1;
  show(form.dataset.unsaved);
});

form.addEventListener("htmx:beforeRequest", () => {
  sent = typed;
});

form.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr } = event.detail;
  if (event.target !== form || xhr.getResponseHeader("HX-Redirect")) return; // the session is over
  if (successful && !document.querySelector("#conflict [data-take]")) saved = sent;
  if (saved === typed) form.dispatchEvent(new CustomEvent("fallwerk:saved", { bubbles: true }));
  if (successful && typed > sent) show(form.dataset.unsaved);
});

form.addEventListener("htmx:sendError", () => {
  show(form.dataset.offline);
  tell(false);
  setTimeout(() => htmx.trigger(form, "save-now"), AGAIN);
});

form.addEventListener("htmx:responseError", () => {
  show(form.dataset.refused);
  tell(false);
});

state.addEventListener("htmx:afterSwap", () => tell(!state.querySelector(".danger")));

// Whoever leaves for another tab finds the text saved.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && typed > saved) htmx.trigger(form, "save-now");
});

// Where two wrote into one field, the other's text can be taken over.
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (!button) return;
  const fields = form.elements[button.dataset.take];
  fields.value = button.dataset.value;
  button.closest(".theirs").remove();
  (fields[0] ?? fields).dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById(`id_${button.dataset.take}`)?.focus();
});
