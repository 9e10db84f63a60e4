// The calendar by keyboard and by dragging: arrow keys go through the hours, and what is dragged to
// another time sends the form that "Move" shows.

const QUARTER = 15; // minutes of a row
const FAR = 6; // pixels from which on a press is a drag

for (const field of document.querySelectorAll("[data-goto]")) {
  field.addEventListener("change", () => { if (field.value) field.form.requestSubmit(); });
}

const week = document.querySelector("[data-calendar]");
const grids = week ? [...week.querySelectorAll("[data-day]")] : [];

// --- hours: one of them can be reached by Tab, the arrow keys go on from there ---

const slots = grids.map((grid) => [...grid.querySelectorAll("[data-slot]")]);
const today = grids.findIndex((grid) => grid.closest(".is-today"));
const free = (slot) => {
  const { top, bottom } = slot.getBoundingClientRect();
  return ![...slot.parentNode.querySelectorAll(".event")].some((event) => {
    const box = event.getBoundingClientRect();
    return box.top < bottom && box.bottom > top;
  });
};
const column = slots[Math.max(today, 0)] ?? [];
(column.find(free) ?? column[0])?.setAttribute("tabindex", "0");

week?.addEventListener("keydown", (event) => {
  const day = slots.findIndex((column) => column.includes(event.target));
  if (day < 0) return;
  const hour = slots[day].indexOf(event.target);
  const [days, hours] = {
    ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  }[event.key] ?? [];
  if (days === undefined) return;
  event.preventDefault();
  const next = slots[day + days]?.[hour + hours];
  if (!next) return;
  event.target.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});

// --- dragging, with a mouse or a pen: fingers scroll ---

const form = document.querySelector("[data-moved]");
let drag = null;

week?.addEventListener("pointerdown", (event) => {
  const box = event.target.closest("[data-move]");
  if (!box || !form || event.button || event.pointerType === "touch") return;
  const grid = box.closest("[data-day]");
  const row = rowHeight(grid);
  drag = {
    box, x: event.clientX, y: event.clientY, moved: false,
    grid, row, held: event.clientY - box.getBoundingClientRect().top,
  };
});

// Links are dragged by browsers themselves, to other windows: nobody wants that here.
week?.addEventListener("dragstart", (event) => event.preventDefault());

window.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const dx = event.clientX - drag.x;
  const dy = event.clientY - drag.y;
  if (!drag.moved && Math.hypot(dx, dy) < FAR) return;
  drag.moved = true;
  drag.box.classList.add("is-moving");
  drag.box.style.translate = `${dx}px ${dy}px`;
});

window.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { box, moved, held, row } = drag;
  drag = null;
  if (!moved) return;
  // The press that ends a drag is no click on the appointment.
  window.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", stop, { capture: true }), 0);
  const grid = grids.find((each) => {
    const { left, right } = each.getBoundingClientRect();
    return event.clientX >= left && event.clientX < right;
  });
  if (!grid) return putBack(box);
  const top = event.clientY - held - grid.getBoundingClientRect().top;
  const first = Number(week.dataset.firstHour) * 60;
  const length = Number(box.dataset.minutes);
  const begins = Math.max(0, first + Math.round(top / row) * QUARTER);
  if (begins + length >= 24 * 60) return putBack(box);
  if (grid === box.closest("[data-day]") && clock(begins) === box.dataset.begins) return putBack(box);
  form.elements.day.value = grid.dataset.day;
  form.elements.begins.value = clock(begins);
  form.elements.ends.value = clock(begins + length);
  form.action = box.dataset.move;
  form.requestSubmit();
});

function giveUp() {
  if (drag) putBack(drag.box);
  drag = null;
}

window.addEventListener("pointercancel", giveUp);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") giveUp();
});

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

function putBack(box) {
  box.classList.remove("is-moving");
  box.style.translate = "";
}

function rowHeight(grid) {
  return grid.querySelector("[data-slot]").getBoundingClientRect().height / 4;
}

function clock(minutes) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
