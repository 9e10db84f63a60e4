/* Keys of other parts of the draft are chosen from the parts that stand in the form right now.

A list of parts ("modules") is a stream: its fields are called modules-0-value-key and so on, a
part that was taken away has modules-0-deleted filled in. A part is called what the summary of its
block says ("{code} {title}"). */
{
  const PAUSE = 200; // milliseconds without a change before references are shown anew
  const REFERENCE = "select[data-reference]";

  const known = new Map(); // what a field refers to → what it may name, until the form changes

  /* What a field may name: keys, what they are called, in their order. */
  function choicesOf({ name, dataset: { reference } }) {
    const { register, parts, by, within } = JSON.parse(reference);
    if (register) return register;
    const id = within.length ? `${reference} ${name}` : reference;
    if (!known.has(id)) {
      const found = partsOf(parts, by);
      known.set(id, within.length ? before(name, found, within) : found);
    }
    return known.get(id);
  }

  /* The parts of a list: where each stands, its key, what it is called. */
  function partsOf(list, by) {
    const naming = new RegExp(`^(${list}-\\d+)-value-${by}$`);
    const parts = [];
    for (const input of document.querySelectorAll(`[name^="${list}-"][name$="-value-${by}"]`)) {
      const place = naming.exec(input.name)?.[1];
      const key = input.value.trim();
      if (!place || !key || fieldOf(input, `${place}-deleted`)?.value) continue;
      const order = Number(fieldOf(input, `${place}-order`)?.value ?? 0);
      parts.push({ place, key, order, text: summaryOf(input, `${place}-value`) || key });
    }
    return parts.sort((one, other) => one.order - other.order);
  }

  /* The parts before the one that holds the field, their items, and its own items before it. */
  function before(name, parts, within) {
    const own = parts.findIndex((part) => name.startsWith(`${part.place}-`));
    return parts.slice(0, own + 1).flatMap((part, place) => {
      const items = within.flatMap((list) => partsOf(`${part.place}-value-${list}`, "key"));
      if (place === own) {
        return items.slice(0, items.findIndex((item) => name.startsWith(`${item.place}-`)));
      }
      const inner = ({ key, text }) => ({ key: `${part.key}.${key}`, text: `${part.text}: ${text}` });
      return [part, ...items.map(inner)];
    });
  }

  function fieldOf(input, name) {
    return input.form?.elements[name];
  }

  function summaryOf(input, place) {
    const template = input.closest("[data-summary]")?.dataset.summary ?? "";
    const filled = template.replace(/\{(\w+)\}/g, (_, name) => {
      return fieldOf(input, `${place}-${name}`)?.value ?? "";
    });
    return filled.trim();
  }

  function isAnother(select) {
    return select.closest("[data-keys]")?.firstElementChild !== select && !select.name;
  }

  function textOf(select, key) {
    if (!key) return isAnother(select) ? select.dataset.another : select.dataset.nothing;
    const choices = choicesOf(select);
    const called = (wanted) => choices.find((choice) => choice.key === wanted)?.text;
    if (called(key)) return called(key);
    // Parts also have items without a panel of their own: the plain work of an hourly rate.
    const [part, item] = key.split(".");
    return item && called(part) ? `${called(part)}: ${item}` : select.dataset.missing.replace("%s", key);
  }

  /* Show what is chosen; all other options wait until somebody is about to choose. */
  function show(select, key = select.value) {
    const text = textOf(select, key);
    const [option] = select.options;
    if (select.options.length === 1 && option.value === key && option.text === text) return false;
    select.replaceChildren(new Option(text, key, true, true));
    return true;
  }

  function offer(select) {
    const chosen = select.value;
    const siblings = select.closest("[data-keys]")?.querySelectorAll(REFERENCE) ?? [];
    const taken = new Set([...siblings].map((each) => each.value));
    const keys = choicesOf(select)
      .map((choice) => choice.key)
      .filter((key) => key === chosen || !taken.has(key));
    if (chosen && !keys.includes(chosen)) keys.unshift(chosen);
    select.replaceChildren(
      ...["", ...keys].map((key) => new Option(textOf(select, key), key, false, key === chosen)),
    );
  }

  /* The line that stands for a folded part names its references: have Wagtail write it anew. */
  function nameAnew(select) {
    let panel = select.closest("[data-panel]");
    while (panel) {
      const toggle = panel.querySelector("[data-panel-toggle]");
      const expanded = toggle?.getAttribute("aria-expanded") === "true";
      toggle?.dispatchEvent(new CustomEvent("wagtail:panel-toggle", { detail: { expanded } }));
      panel = panel.parentElement.closest("[data-panel]");
    }
  }

  function showAll() {
    known.clear(); // somebody may have asked since the change began
    for (const select of document.querySelectorAll(REFERENCE)) {
      if (select !== document.activeElement && show(select)) nameAnew(select);
    }
    document.dispatchEvent(new CustomEvent("fallwerk:named")); // for heads of parts not drawn yet
  }

  let timer = 0;
  function soon() {
    known.clear();
    clearTimeout(timer);
    timer = setTimeout(showAll, PAUSE);
  }

  /* Several keys: the text area that is sent stays out of sight; each line has a choice of its own,
     and an empty one at the end takes one more. */
  class KeyList {
    constructor(area) {
      this.area = area;
      this.place = document.createElement("div");
      this.place.className = "fw-keys";
      this.place.dataset.keys = "";
      area.hidden = true;
      area.after(this.place);
      this.place.addEventListener("change", () => this.write());
      this.place.addEventListener("focusout", (event) => this.tidy(event.relatedTarget));
      this.read();
    }

    get selects() {
      return [...this.place.querySelectorAll(REFERENCE)];
    }

    read() {
      this.place.replaceChildren();
      this.area.value.split("\n").filter(Boolean).forEach((key) => this.add(key));
      this.add("");
    }

    add(key) {
      const select = document.createElement("select");
      Object.assign(select.dataset, this.area.dataset);
      this.place.append(select);
      show(select, key);
      this.number();
    }

    /* The label of the field names the first choice; the others say which one they are. */
    number() {
      const label = this.place.closest("[data-field]")?.querySelector("label");
      this.selects.forEach((select, place) => {
        select.id = place ? "" : this.area.dataset.choiceId;
        const described = this.area.getAttribute("aria-describedby");
        if (described) select.setAttribute("aria-describedby", described);
        if (place) select.setAttribute("aria-label", `${label?.firstChild.textContent.trim() ?? ""} ${place + 1}`);
        else select.removeAttribute("aria-label");
      });
    }

    write() {
      const keys = this.selects.map((select) => select.value).filter(Boolean);
      this.area.value = keys.join("\n");
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
      if (this.selects.at(-1).value) this.add("");
    }

    /* Choices that were emptied go once nobody is in them. */
    tidy(next) {
      this.selects.slice(0, -1).forEach((select) => {
        if (!select.value && select !== next) select.remove();
      });
      this.number();
    }
  }

  const Widget = window.telepath.constructors["wagtail.widgets.Widget"];
  const BoundWidget = new Widget("").boundWidgetClass;

  class BoundKeySelect extends BoundWidget {
    setState([key]) {
      show(this.input, key ?? "");
    }
    getState() {
      return [this.input.value];
    }
    getTextLabel() {
      return this.input.value ? textOf(this.input, this.input.value) : "";
    }
  }

  class BoundKeyList extends BoundWidget {
    constructor(...args) {
      super(...args);
      this.input.dataset.choiceId = this.input.id;
      this.idForLabel = this.input.id;
      this.input.removeAttribute("id");
      this.list = new KeyList(this.input);
    }
    setState(text) {
      this.input.value = text ?? "";
      this.list.read();
    }
    getTextLabel() {
      return this.list.selects
        .filter((select) => select.value)
        .map((select) => textOf(select, select.value))
        .join(", ");
    }
    setInvalid(invalid) {
      const [first] = this.list.selects;
      if (invalid) first.setAttribute("aria-invalid", "true");
      else first.removeAttribute("aria-invalid");
    }
    focus() {
      this.list.selects[0].focus();
    }
  }

  window.telepath.register(
    "fallwerk.KeySelect",
    class extends Widget {
      refers = true;
      boundWidgetClass = BoundKeySelect;
    },
  );
  window.telepath.register(
    "fallwerk.KeyList",
    class extends Widget {
      refers = true;
      boundWidgetClass = BoundKeyList;
    },
  );

  /* Parts not drawn yet keep their keys as values that are sent: let their choices be there. */
  function drawWhatRefersTo(key) {
    const refers = (input) => input.value.split("\n").includes(key);
    let inputs = [];
    do {
      for (const input of inputs) input.dispatchEvent(new Event("fallwerk:draw", { bubbles: true }));
      inputs = [...document.querySelectorAll("input[data-refers]")].filter(refers);
    } while (inputs.length); // inside what is drawn, parts are folded again
  }

  /* A part that gets another key takes along what refers to it. */
  let old = "";
  function remember({ target }) {
    if (target.matches("input[name]")) old = target.value.trim();
  }

  function follow({ target }) {
    const after = target.value.trim();
    if (!target.matches("input[name]") || !old || !after) return;
    drawWhatRefersTo(old);
    for (const select of document.querySelectorAll(REFERENCE)) {
      const { parts, by } = JSON.parse(select.dataset.reference);
      const names = parts && new RegExp(`^${parts}-\\d+-value-${by}$`).test(target.name);
      if (!names || select.value !== old) continue;
      if (choicesOf(select).some(({ key }) => key === old)) continue;
      show(select, after);
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    old = after;
  }

  function begin() {
    const form = document.querySelector("[data-edit-form]");
    window.fallwerk.onDraftChange(form, soon, `[data-keys], ${REFERENCE}`);
    form.addEventListener("focusin", remember);
    form.addEventListener("change", follow);
    // Before the choices unfold, by whatever means.
    for (const event of ["focusin", "pointerdown"]) {
      form.addEventListener(event, ({ target }) => target.matches(REFERENCE) && offer(target));
    }
    soon();
  }

  document.addEventListener("DOMContentLoaded", begin);
}
