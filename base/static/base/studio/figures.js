/* Shows beside the studio's form what is computed from it, a moment after each change. */

const PAUSE = 600; // milliseconds without a change before the form is sent
const WIDE = "(min-width: 80rem)";

function follow(panel) {
  const form = document.querySelector("[data-edit-form]");
  const place = () => panel.querySelector("[data-figures]");
  let timer = 0;
  let sent = null;
  let request = null;

  async function compute() {
    if (panel.hidden) return;
    const body = new URLSearchParams(new FormData(form));
    const text = body.toString();
    if (text === sent) return;
    sent = text;
    request?.abort();
    const mine = (request = new AbortController());
    say(true);
    try {
      const answer = await fetch(place().dataset.figures, { method: "POST", body, signal: mine.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      say(mine !== request, await answer.text());
    } catch (error) {
      if (error.name === "AbortError") return;
      sent = null;
      say(false, place().dataset.failed);
    }
  }

  function say(busy, html) {
    const shown = place().querySelector("[data-figures-shown]");
    if (html !== undefined) shown.innerHTML = html;
    shown.setAttribute("aria-busy", busy);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(compute, PAUSE);
  }

  window.fallwerk.onDraftChange(form, soon);
  panel.addEventListener("show", soon);
  // Whenever the studio has saved by itself, it draws the panel anew, with nothing computed.
  new MutationObserver(() => {
    sent = null;
    soon();
  }).observe(panel, { childList: true });
  soon();

  let last = null;
  try {
    last = localStorage.getItem("wagtail:side-panel-open");
  } catch {
    return;
  }
  if (last === null && matchMedia(WIDE).matches) panel.dispatchEvent(new CustomEvent("open"));
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-figures]").forEach((place) => follow(place.closest("[data-side-panel]")));
});
