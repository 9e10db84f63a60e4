/* What is typed arrives: keys wait for the data they are meant for, a date is done when it is
   left, and what has the focus is never covered by a bar. */

const LONGEST = 15_000; // milliseconds after which nothing is waited for any more
const KEPT = new Set(["Enter", "Tab", "Backspace", "Delete", "Escape", "ArrowUp", "ArrowDown"]);
const FIELD = "input, select, textarea";
const PRESSED = "button, label, input[type=checkbox], input[type=radio], input[type=submit]";
const PLAIN = new Set(["text", "search", "tel", "url", "password", "textarea"]); // have a caret

const waits = new Set();
const held = []; // keys, presses and places pointed at while something was waited for
const rewritten = new WeakSet(); // fields that got keys from here: browsers say no "change" of them
let word = { field: null, text: "" }; // what was typed into a select so far

/* Keep back what is typed and pressed until the promise is settled; then it goes, in its order,
   to where it would have gone. */
export function hold(promise) {
  const wait = Symbol("wait");
  const done = () => {
    clearTimeout(limit);
    if (waits.delete(wait)) release();
  };
  const limit = setTimeout(done, LONGEST);
  waits.add(wait);
  promise.then(done, done);
  return promise;
}

/* Let a key that was pressed just now come first of all that is kept back. */
export function afterwards({ key, shiftKey }) {
  held.unshift({ key, shiftKey });
}

function release() {
  while (!waits.size && held.length) {
    const step = held.shift();
    if (step.press) step.press.click();
    else if (step.place) step.place.focus();
    else replay(step);
  }
}

function keepBack(event, ...steps) {
  event.preventDefault();
  event.stopImmediatePropagation();
  held.push(...steps);
}

addEventListener("keydown", (event) => {
  if (event.isTrusted && !waits.size && goesOn(event)) return;
  if (!event.isTrusted || !waits.size) return;
  const sign = event.key.length === 1;
  const command = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
  if (command ? event.key !== "Enter" : !sign && !KEPT.has(event.key)) return;
  const { key, shiftKey, ctrlKey, metaKey } = event;
  keepBack(event, { key, shiftKey, ctrlKey, metaKey });
}, true);

// A keyboard on the screen says what it writes, not which keys.
addEventListener("beforeinput", (event) => {
  if (!event.isTrusted || !waits.size || !event.cancelable || !event.data) return;
  if (event.inputType === "insertText") keepBack(event, ...[...event.data].map((key) => ({ key })));
}, true);

addEventListener("mousedown", (event) => {
  const place = event.target.closest(FIELD);
  if (!event.isTrusted || !place?.form || place.matches(PRESSED)) return;
  // A list opens before the field that had the focus is left, and takes keys as it stands: what
  // follows from leaving that field, such as other things to choose, has to begin first.
  if (place.matches("select") && document.activeElement !== place) document.activeElement?.blur();
  if (waits.size) keepBack(event, { place });
}, true);

addEventListener("click", (event) => {
  const press = event.target.closest(PRESSED);
  if (event.isTrusted && waits.size && press?.closest("main form")) keepBack(event, { press });
}, true);

// The browser acts on real keys alone: what it would do for these is done here.
function replay(step) {
  const field = document.activeElement ?? document.body;
  const event = new KeyboardEvent("keydown", { ...step, bubbles: true, cancelable: true });
  const spelled = word;
  word = { field: null, text: "" };
  if (!field.dispatchEvent(event)) return;
  const { key } = step;
  if (key === "Tab") leave(field, step.shiftKey ? -1 : 1);
  else if (field.matches("select")) select(field, key, spelled);
  else if (key === "Enter") enter(field);
  else if (key === " " && field.matches(PRESSED)) field.click();
  else if (field.matches("input, textarea") && !field.readOnly) write(field, key);
}

// Chromium stops at the button of a date's calendar on the way to the next field.
const STOPS = "userAgentData" in navigator;
let atButton = null;

function leave(field, step) {
  const stays = STOPS && step > 0 && field.type === "date" && atButton !== field;
  if (stays) atButton = field;
  else move(field, step);
}

function move(field, step) {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const places = all.filter((each) => each === field
    || (each.tabIndex >= 0 && !each.disabled && each.type !== "hidden" && each.checkVisibility()));
  places[places.indexOf(field) + step]?.focus();
}

function enter(field) {
  if (field.matches("textarea")) write(field, "\n");
  else if (field.matches("a, button, summary")) field.click();
  else if (field.matches("input")) {
    field.blur();
    field.form?.requestSubmit(field.form.querySelector("[type=submit]"));
  }
}

function select(field, key, spelled) {
  const options = [...field.options];
  let at = -1;
  if (key === "ArrowDown" || key === "ArrowUp") {
    at = field.selectedIndex + (key === "ArrowDown" ? 1 : -1);
  } else if (key.length === 1) {
    const begun = spelled.field === field ? spelled.text : "";
    word = { field, text: begun + key.toLowerCase() };
    const again = new Set(word.text).size === 1; // the same letter goes from one to the next
    const fits = (text) => (each) => each.text.trim().toLowerCase().startsWith(text);
    at = options.findIndex(fits(word.text));
    if (at < 0 && again) {
      const later = options.findIndex((each, place) => place > field.selectedIndex && fits(key.toLowerCase())(each));
      at = later < 0 ? options.findIndex(fits(key.toLowerCase())) : later;
    }
  }
  if (at < 0 || at >= options.length || at === field.selectedIndex) return;
  field.selectedIndex = at;
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

function write(field, key) {
  const gone = key === "Backspace" || key === "Delete";
  if (!gone && key.length !== 1) return;
  if (PLAIN.has(field.type)) {
    let { selectionStart: from, selectionEnd: to } = field;
    if (gone && from === to) [from, to] = key === "Delete" ? [from, to + 1] : [Math.max(from - 1, 0), to];
    const room = field.maxLength < 0 || field.value.length - (to - from) < field.maxLength;
    if (!gone && !room) return;
    field.setRangeText(gone ? "" : key, from, to, "end");
  } else if (field.type === "date") {
    if (!writeDate(field, key)) return;
  } else {
    field.value = gone ? field.value.slice(0, -1) : field.value + key;
  }
  rewritten.add(field);
  field.dispatchEvent(new InputEvent("input", { bubbles: true, data: gone ? null : key }));
}

// A date takes its digits in the order in which this browser shows one; a point ends a part of it.
const digits = new WeakMap(); // date field → the digits it has got from here so far
const LENGTHS = { day: 2, month: 2, year: 4 };
const POINT = /^[./-]$/;
const order = () => new Intl.DateTimeFormat(navigator.language).formatToParts()
  .map((part) => part.type).filter((type) => type in LENGTHS);

// A date whose first digits were kept back gets its last ones from here as well, and is left from
// here: the browser would take them for the first, and still be at its first part.
function goesOn(event) {
  const { target: field, key, shiftKey } = event;
  const leaves = key === "Tab" && rewritten.has(field) && field.type === "date";
  if (!leaves && !(digits.has(field) && (/^\d$/.test(key) || POINT.test(key)))) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (leaves) leave(field, shiftKey ? -1 : 1);
  else write(field, key);
  return true;
}

function writeDate(field, key) {
  const text = withKey(digits.get(field) ?? "", key);
  digits.set(field, text);
  if (text.length !== 8) return false;
  let at = 0;
  const found = Object.fromEntries(order().map((type) => [type, text.slice(at, (at += LENGTHS[type]))]));
  field.value = `${found.year}-${found.month}-${found.day}`;
  digits.delete(field);
  return true;
}

function withKey(text, key) {
  if (/^\d$/.test(key)) return text + key;
  if (!POINT.test(key)) return "";
  let begins = 0;
  for (const type of order()) {
    const part = text.slice(begins, begins + LENGTHS[type]);
    if (part && part.length < LENGTHS[type]) return text.slice(0, begins) + part.padStart(LENGTHS[type], "0");
    begins += LENGTHS[type];
  }
  return text;
}

addEventListener("focusout", (event) => {
  digits.delete(event.target);
  atButton = null;
  if (rewritten.delete(event.target)) event.target.dispatchEvent(new Event("change", { bubbles: true }));
}, true);

// A part of a form that the server draws anew: what is typed meanwhile belongs to the new part.
addEventListener("htmx:beforeRequest", (event) => {
  const { target, xhr } = event.detail;
  if (!target?.closest("main form[method=post]") || !target.querySelector(FIELD)) return;
  hold(new Promise((resolve) => {
    const settled = (later) => {
      const drawn = later.type !== "htmx:afterRequest" || xhr.status === 204;
      if (later.detail.xhr !== xhr || !drawn) return;
      for (const name of ENDS) removeEventListener(name, settled);
      resolve();
    };
    for (const name of ENDS) addEventListener(name, settled);
  }));
});
const ENDS = ["htmx:afterSettle", "htmx:responseError", "htmx:sendError", "htmx:sendAbort", "htmx:timeout", "htmx:swapError", "htmx:afterRequest"];

// Browsers say "change" with every digit of a date and every arrow in a choice. Nothing follows
// from one before the field is left, or Enter pressed; a day pointed at in the calendar is done.
const DONE_WHEN_LEFT = "input[type=date], input[type=month], [data-goto]";
let typing = null;
let unsaid = null;

addEventListener("keydown", (event) => {
  if (!event.target.matches?.(DONE_WHEN_LEFT)) return;
  typing = event.target;
  if (event.key === "Enter" && unsaid === typing) {
    if (typing.matches("[data-goto]")) event.preventDefault();
    sayChange();
  }
}, true);
addEventListener("pointerdown", () => { typing = null; }, true);
addEventListener("change", (event) => {
  if (!event.isTrusted || event.target !== typing) return;
  event.stopImmediatePropagation();
  unsaid = typing;
}, true);
addEventListener("focusout", (event) => {
  if (event.target === unsaid) sayChange();
  typing = null;
}, true);

function sayChange() {
  const field = unsaid;
  unsaid = null;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

const GAP = 8; // pixels between a field and a bar

function barOver(element, x, y) {
  const found = document.elementFromPoint(x, y);
  if (!found || element.contains(found) || found.contains(element)) return null;
  for (let each = found; each; each = each.parentElement) {
    if (["sticky", "fixed"].includes(getComputedStyle(each).position)) return each.contains(element) ? null : each;
  }
  return null;
}

const scrollNow = (top) => scrollBy({ top, behavior: "instant" });

/* Scroll so that no bar at the window's edge lies over the element. */
export function uncover(element) {
  if (!element.isConnected || element.closest("dialog")) return;
  let place = element.getBoundingClientRect();
  const middle = place.left + place.width / 2;
  const below = barOver(element, middle, Math.min(place.bottom, innerHeight) - 2);
  if (below) scrollNow(place.bottom - below.getBoundingClientRect().top + GAP);
  place = element.getBoundingClientRect();
  const above = barOver(element, middle, Math.max(place.top, 0) + 2);
  if (above) scrollNow(place.top - above.getBoundingClientRect().bottom - GAP);
}

/* Bring the element to where it can be seen. */
export function reveal(element) {
  element.scrollIntoView({ block: "nearest", behavior: "instant" });
  uncover(element);
}

document.addEventListener("focusin", ({ target }) => {
  if (target.closest?.("main")) requestAnimationFrame(() => uncover(target));
});
