// An appointment's form: the case by typing, what follows from it from the server, an end that
// keeps its distance from the beginning.

import { pickCase } from "./case_picker.js";

const root = document.querySelector("[data-appointment]");
const form = root.closest("form");
const input = root.querySelector("[data-case]");
const key = form.elements.case;
const fields = form.querySelector("[data-fields]");

const follow = () => { root.dataset.day = form.elements.day.value; };
form.elements.day.addEventListener("change", follow);
follow();

async function draw() {
  const address = new URL(root.dataset.ofCase, location.href);
  address.searchParams.set("case", key.value);
  address.searchParams.set("day", form.elements.day.value);
  const answer = await fetch(address);
  if (answer.ok) fields.innerHTML = await answer.text();
}

pickCase(input, root, (found, moveOn) => {
  key.value = found.pk;
  input.value = [found.number, found.name].filter(Boolean).join(" ");
  input.dataset.picked = "1";
  form.dispatchEvent(new Event("input", { bubbles: true }));
  draw();
  if (moveOn) form.elements.kind.focus();
}, {
  onClear: () => { key.value = ""; delete input.dataset.picked; fields.replaceChildren(); },
});

// Whoever moves the beginning means the same length.
const minutes = (text) => {
  const [hour, minute] = text.split(":").map(Number);
  return hour * 60 + minute;
};
let before = form.elements.begins.value;
form.elements.begins.addEventListener("change", ({ target }) => {
  const { ends } = form.elements;
  if (before && target.value && ends.value) {
    const moved = minutes(ends.value) + minutes(target.value) - minutes(before);
    if (moved > 0 && moved < 24 * 60) {
      ends.value = [Math.floor(moved / 60), moved % 60].map((each) => String(each).padStart(2, "0")).join(":");
    }
  }
  before = target.value || before;
});
