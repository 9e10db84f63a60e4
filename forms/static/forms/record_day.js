// A day's work, row by row: cases by typing, what can be booked beside its rest, Enter goes on.

import { reveal } from "../base/typing.js";
import { pickCase, suggest } from "./case_picker.js";
import { fill, hasPlace, kindsOf, modulesOf, newReference, stagesOf, topicsOf } from "./choices.js";

const form = document.querySelector("[data-entry]");
const figures = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
const chosen = new Map(); // row → what the server says about its case

const WAYS = ["topic", "channel", "location"];
const STAYED = 500; // milliseconds; no script runs while the browser asks

for (const field of document.querySelectorAll("[data-goto]")) {
  field.addEventListener("change", () => {
    if (field.value) field.form.requestSubmit();
    // Who then stays with rows that are not saved sees the day they are for.
    setTimeout(() => field.form.reset(), STAYED);
  });
}

if (form) start();

function start() {
  for (const row of rows()) prepare(row);
  if (!isEmpty(rows().at(-1))) append();
  form.querySelector("[data-add]").addEventListener("click", () => part(append(), "case").focus());
  form.addEventListener("keydown", onKey);
  form.addEventListener("fallwerk:restore", (event) => {
    event.preventDefault();
    putBack(event.detail.fields);
  });
  const wrong = form.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
  else if (matchMedia("(hover: hover)").matches) part(rows().at(-1), "case").focus({ preventScroll: true });
  sum();
}

function rows() { return [...form.querySelectorAll("[data-row]")]; }
function part(row, name) { return row.querySelector(`[data-${name}]`); }
function hidden(row, name) { return row.querySelector(`input[type=hidden][name$="-${name}"]`); }
function isEmpty(row) { return !part(row, "case").value.trim() && !part(row, "minutes").value.trim(); }

// Places are numbered on and on: those of removed rows stay empty.
function append() {
  const number = Number(form.querySelector("[data-count]").value);
  const copy = form.querySelector("[data-blank]").innerHTML.replaceAll("__n__", number);
  form.querySelector("[data-rows]").insertAdjacentHTML("beforeend", copy);
  form.querySelector("[data-count]").value = number + 1;
  const row = rows().at(-1);
  hidden(row, "reference").value = newReference();
  prepare(row);
  renumber();
  return row;
}

function renumber() {
  rows().forEach((row, index) => { part(row, "number").textContent = index + 1; });
}

function prepare(row) {
  const input = part(row, "case");
  pickCase(input, form, (found, moveOn) => {
    choose(row, found);
    if (row === rows().at(-1)) append();
    if (moveOn) part(row, "kind").focus();
    changed();
  }, {
    onClear: () => { hidden(row, "case").value = ""; delete input.dataset.picked; chosen.delete(row); },
    onMiss: (moveOn) => moveOn && part(row, "kind").focus(),
  });
  for (const name of ["kind", "module", "stage", "minutes"]) {
    part(row, name).addEventListener("change", () => refresh(row));
  }
  part(row, "minutes").addEventListener("input", () => refresh(row));
  for (const name of WAYS) part(row, name).addEventListener("change", () => sayWays(row));
  sayWays(row);
  part(row, "remove").addEventListener("click", () => remove(row));
  const key = hidden(row, "case").value;
  if (key) lookUp(row, key);
}

// Rows as they were typed, those left empty aside; what can be chosen comes from the server anew.
function putBack(fields) {
  const typed = new Map();
  for (const [name, value] of fields) {
    const [, place, key] = name.match(/^rows-(\d+)-(\w+)$/) ?? [];
    if (key) typed.set(place, { ...typed.get(place), [key]: value });
  }
  // What an appointment has filled in is in no draft written before it: that row stays.
  const drafted = new Set([...typed.values()].map((values) => values.reference));
  const isNew = (row) => part(row, "case").defaultValue && !drafted.has(hidden(row, "reference").value);
  for (const row of rows()) if (!isNew(row)) row.remove();
  for (const values of typed.values()) {
    if (!values.case_text?.trim() && !values.minutes?.trim()) continue;
    const row = append();
    hidden(row, "reference").value = values.reference;
    hidden(row, "case").value = values.case ?? "";
    part(row, "case").value = values.case_text ?? "";
    part(row, "minutes").value = values.minutes ?? "";
    part(row, "reason").value = values.chosen_reason ?? "";
    part(row, "note").value = values.reason ?? "";
    for (const name of ["kind", "module", "stage", ...WAYS]) {
      const select = part(row, name);
      const known = [...select.options].some((each) => each.value === values[name]);
      if (values[name] && !known) select.append(new Option(values[name], values[name]));
      select.value = values[name] ?? "";
    }
    part(row, "reason-cell").hidden = !values.chosen_reason && !values.reason;
    part(row, "stage-cell").hidden = !values.stage;
    sayWays(row);
    if (values.case) lookUp(row, values.case);
  }
  part(append(), "case").focus({ preventScroll: true });
  sum();
}

function lookUp(row, key) {
  suggest(form, { pk: key }).then(([found]) => found && choose(row, found, false));
}

// What changes without a key in a field is told to whoever keeps the draft.
function changed() {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  chosen.delete(row);
  row.remove();
  part(next?.isConnected ? next : append(), "case").focus();
  renumber();
  sum();
  changed();
}

function choose(row, found, carry = true) {
  chosen.set(row, found);
  hidden(row, "case").value = found.pk;
  const input = part(row, "case");
  input.value = [found.number, found.name].filter(Boolean).join(" ");
  input.dataset.picked = "1";
  const above = carry ? rowAbove(row) : null;
  const kinds = kindsOf(found);
  fill(part(row, "kind"), kinds,
       above && !part(row, "kind").value ? part(above, "kind").value : part(row, "kind").value,
       kinds[0]?.[0]);
  fill(part(row, "module"), modulesOf(found, form.dataset.noModule, form.dataset), part(row, "module").value);
  fill(part(row, "stage"), stagesOf(found), part(row, "stage").value);
  fill(part(row, "topic"), topicsOf(found), part(row, "topic").value);
  part(row, "topic-cell").hidden = part(row, "topic").length === 1;
  sayWays(row);
  refresh(row);
}

// What was said of how and where stands beside the fold, open or not.
function sayWays(row) {
  const meets = hasPlace(part(row, "channel").value);
  part(row, "location-cell").hidden = !meets;
  if (!meets) part(row, "location").value = "";
  // Who says where people met says that they met.
  else if (part(row, "location").value) part(row, "channel").value = "in_person";
  const said = WAYS.map((name) => part(row, name)).filter((select) => select.value);
  part(row, "told-ways").textContent = said.map((select) => select.selectedOptions[0].text).join(", ");
}

function rowAbove(row) {
  const all = rows();
  return all[all.indexOf(row) - 1] ?? null;
}

function refresh(row) {
  const found = chosen.get(row);
  if (!found) return sum();
  const kind = found.kinds.find((each) => each.key === part(row, "kind").value);
  const complex = kind?.setting === "complex";
  const cell = part(row, "stage-cell");
  cell.hidden = !complex;
  if (!complex) part(row, "stage").value = "";
  tell(row, found);
  sum();
}

// Beside the module stands what is left of it, this row and those above counted in; and where a
// reason is asked for: beyond the guide value, and before its phase is agreed on.
function tell(row, found) {
  const module = found.modules.find((each) => each.key === part(row, "module").value);
  const left = module?.rest ? leftOf(row, found, module.rest) : { over: false, text: "" };
  const note = part(row, "rest");
  const asks = left.over || Boolean(module?.ahead);
  note.classList.toggle("over", asks);
  note.textContent = [module?.ahead, left.text].filter(Boolean).join(" ");
  const reason = part(row, "reason-cell");
  if (!asks) return;
  reason.hidden = false;
  // Once the bar below has its new sum, and with it its height.
  const open = !part(row, "reason").value && row.contains(document.activeElement);
  if (open) requestAnimationFrame(() => reveal(reason));
}

function leftOf(row, found, rest) {
  let used = rest.used;
  for (const other of rows()) {
    const same = chosen.get(other)?.pk === found.pk && part(other, "module").value === part(row, "module").value;
    if (same) used += minutesOf(part(other, "minutes").value) / rest.unitMinutes;
    if (other === row) break;
  }
  const over = used > rest.guide + 1e-9;
  const text = `${form.dataset.left} ${figures.format(rest.guide - used)} ${rest.unit}`;
  return { over, text: over ? form.dataset.over : text };
}

function sum() {
  const filled = rows().filter((row) => !isEmpty(row));
  const total = filled.reduce((minutes, row) => minutes + minutesOf(part(row, "minutes").value), 0);
  const shown = `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")} h`;
  form.querySelector("[data-sum]").textContent = filled.length ? `${filled.length} × · ${shown}` : "";
}

// As the server reads it; what it does not understand counts nothing here and is refused there.
function minutesOf(text) {
  const span = text.match(/^\s*(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|bis)\s*(\d{1,2})(?:[:.](\d{2}))?\s*$/);
  if (span) {
    const length = span[3] * 60 + Number(span[4] ?? 0) - span[1] * 60 - Number(span[2] ?? 0);
    return length < 0 ? length + 1440 : length;
  }
  const clock = text.match(/^\s*(\d{1,2}):(\d{2})/);
  if (clock) return clock[1] * 60 + Number(clock[2]);
  const hours = text.match(/^\s*(\d{1,2}(?:[.,]\d{1,2})?)\s*(?:h|std)/i);
  if (hours) return Math.round(Number(hours[1].replace(",", ".")) * 60);
  const minutes = text.match(/^\s*(\d{1,4})\s*(?:min\.?|')?\s*$/i);
  return minutes ? Number(minutes[1]) : 0;
}

const ORDER = ["case", "kind", "module", "stage", "minutes", "reason", "note", ...WAYS];

function onKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  const row = event.target.closest("[data-row]");
  const name = ORDER.find((each) => event.target.matches(`[data-${each}]`));
  if (!row || !name) return;
  if (event.key === "Enter" && name !== "case") {
    event.preventDefault();
    goOn(row, name);
  } else if (event.key === "=" && rowAbove(row) && (!event.target.value || event.target.matches("select"))) {
    event.preventDefault();
    repeat(row, rowAbove(row), name);
  }
}

function goOn(row, name) {
  const later = ORDER.slice(ORDER.indexOf(name) + 1).map((each) => part(row, each));
  const next = later.find((field) => !field.closest("[hidden], details:not([open])"));
  if (next) return next.focus();
  part(row.nextElementSibling ?? append(), "case").focus();
}

function repeat(row, above, name) {
  if (name === "case") {
    if (!chosen.has(above)) return;
    part(row, "kind").value = part(above, "kind").value;
    choose(row, chosen.get(above));
    part(row, "module").value = part(above, "module").value;
    if (row === rows().at(-1)) append();
  } else {
    part(row, name).value = part(above, name).value;
  }
  sayWays(row);
  refresh(row);
  changed();
  goOn(row, name);
}
