// Who attended a group session: cases chosen by typing, each as a chip that can be taken away.

import { pickCase, suggest } from "./case_picker.js";

const root = document.querySelector("[data-attending]");
const form = root.closest("form");
const input = root.querySelector("[data-case]");
const chips = root.querySelector("[data-chips]");

// Who may attend depends on the day: a case that is closed by now may have been open then.
const day = form.querySelector("[name=day]");
const follow = () => { root.dataset.day = day.value; };
day.addEventListener("change", follow);
follow();

function count() {
  root.querySelector("[data-attendees]").textContent = chips.children.length;
}

function add(found) {
  input.value = "";
  if (chips.querySelector(`input[value="${found.pk}"]`)) return;
  const chip = document.createElement("li");
  const key = Object.assign(document.createElement("input"), { type: "hidden", name: "cases", value: found.pk });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "icon-button small" });
  button.dataset.drop = "";
  const cross = Object.assign(document.createElement("span"), { className: "kern-icon kern-icon--close kern-icon--small" });
  cross.setAttribute("aria-hidden", "true");
  const words = Object.assign(document.createElement("span"), { className: "kern-sr-only" });
  words.textContent = `${root.dataset.remove} ${found.number}`;
  button.append(cross, words);
  chip.append(key, [found.number, found.name].filter(Boolean).join(" "), button);
  chips.append(chip);
  count();
}

// What changes without a key in a field is told to whoever keeps the draft.
function changed() {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

pickCase(input, root, (found) => {
  add(found);
  changed();
});

// A draft knows the cases by their keys alone.
form.addEventListener("fallwerk:restore", async ({ detail }) => {
  for (const [name, value] of detail.fields) {
    if (name !== "cases") continue;
    const [found] = await suggest(root, { pk: value });
    if (found) add(found);
  }
});

chips.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-drop]")?.closest("li");
  if (!chip) return;
  chip.remove();
  count();
  changed();
  input.focus();
});

input.addEventListener("keydown", (event) => {
  if (event.key === "Backspace" && !input.value) {
    chips.lastElementChild?.remove();
    count();
    changed();
  }
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});
