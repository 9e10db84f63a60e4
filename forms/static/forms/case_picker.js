// A case chosen by typing its number or a name: an accessible combobox over the suggestions
// the server gives. The first hit is marked, so that Enter or Tab takes it.

import { sayFound } from "../base/saying.js";
import { afterwards, hold } from "../base/typing.js";

const WAIT = 120; // milliseconds after the last key

export async function suggest(root, query) {
  const address = new URL(root.dataset.suggestions, location.href);
  const asked = { provider: root.dataset.provider, day: root.dataset.day, ...query };
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).cases : [];
  } catch {
    return []; // no connection
  }
}

export function pickCase(input, root, onPick, { onClear = () => {}, onMiss = () => {} } = {}) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let found = [];
  let active = -1;
  let timer = 0;
  let asked = 0;
  let answered = 0;
  let takeFirst = null;

  const isOpen = () => !list.hidden && found.length > 0;
  const isPending = () => asked !== answered && input.value.trim() && !input.dataset.picked;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function mark(place) {
    active = place;
    [...list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", index === place);
    });
    if (place < 0) return;
    input.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  }

  function draw() {
    list.replaceChildren(...found.map((each, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}_${index}`;
      option.setAttribute("role", "option");
      const number = document.createElement("strong");
      number.textContent = each.number;
      const rest = document.createElement("span");
      rest.textContent = [each.name, each.status === "open" ? "" : each.statusLabel]
        .filter(Boolean).join(" · ");
      option.append(number, " ", rest);
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(each, true);
      });
      return option;
    }));
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = root.dataset.none;
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(found.length ? 0 : -1);
    sayFound(found.length);
  }

  function take(each, moveOn) {
    clearTimeout(timer);
    answered = asked;
    takeFirst = null;
    close();
    onPick(each, moveOn);
  }

  async function ask() {
    const turn = ++asked;
    const cases = await suggest(root, { q: input.value.trim() });
    if (turn !== asked) return;
    answered = turn;
    found = cases;
    if (takeFirst !== null && found.length) take(found[0], takeFirst);
    else if (document.activeElement === input) draw();
    takeFirst = null;
  }

  // Chosen before the answer is there: what is typed next is for the fields behind this one, some
  // of which are filled by the answer.
  async function askAndTake(moveOn) {
    takeFirst = moveOn;
    clearTimeout(timer);
    await ask();
    if (input.dataset.picked || !input.value.trim()) return;
    input.setAttribute("aria-invalid", "true"); // no such case: what follows keeps its place
    onMiss(moveOn);
  }

  input.addEventListener("input", () => {
    onClear();
    input.removeAttribute("aria-invalid");
    clearTimeout(timer);
    asked += 1;
    if (!input.value.trim()) return close();
    timer = setTimeout(ask, WAIT);
  });

  input.addEventListener("keydown", (event) => {
    const open = isOpen();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + found.length) % found.length);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      close();
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && !event.ctrlKey) {
      const moveOn = event.key === "Enter";
      if (moveOn) event.preventDefault();
      if (isPending()) {
        event.preventDefault();
        hold(askAndTake(moveOn)); // typed faster than the answer comes
        if (!moveOn) afterwards(event);
      } else if (open && active >= 0) {
        take(found[active], moveOn);
      }
    }
  });

  // Whoever points at another field has typed the case as well as who presses Tab; not who turns
  // to another window.
  input.addEventListener("blur", () => {
    if (takeFirst === null && document.hasFocus()) {
      if (isPending()) hold(askAndTake(false));
      else if (isOpen() && active >= 0) take(found[active], false);
    }
    close();
  });
}
