/* Shows beside the studio's form what is computed from it, a moment after each change. */

const PAUSE = 600; // milliseconds without a change before the form is sent
const WIDE = "(min-width: 80rem)";

function follow(place) {
  const form = document.querySelector("[data-edit-form]");
  const shown = place.querySelector("[data-figures-shown]");
  const panel = place.closest("[data-side-panel]");
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
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(place.dataset.figures, { method: "POST", body, signal: mine.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      shown.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      sent = null;
      shown.textContent = place.dataset.failed;
    }
    if (mine === request) shown.setAttribute("aria-busy", "false");
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(compute, PAUSE);
  }

  window.fallwerk.onDraftChange(form, soon);
  panel.addEventListener("show", soon);
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
  document.querySelectorAll("[data-figures]").forEach(follow);
});
