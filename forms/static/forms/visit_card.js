/* One visit on the page of visits: closed, or open as a form. What is typed is written at once. */

import { fill, hasPlace, kindsOf, modulesOf, stagesOf, topicsOf } from "./choices.js";
import { Pad } from "./signature_pad.js";

const PAUSE = 150; // milliseconds without a key before it is written
const FIELDS = ["begins", "ends", "kind", "module", "stage", "topic", "channel", "location", "chosen_reason", "reason"];
// What a client signs: who changes it has it signed again.
const SIGNED = ["begins", "ends", "kind", "module", "stage"];
// Under which field of the page stands what the server says of one of its own.
const FIELDS_OF = { minutes: ["begins", "ends"], case_text: ["case"] };
const NO_ERRORS = { errors: {}, problems: [], asks: false };

const figures = (day) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long" })
  .format(new Date(`${day}T12:00`));

/* Today on this device, as the server writes days. */
export function today() {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}

export class Card {
  /* `entry` is what is or would be written; `given` what the server said of cases and reasons;
     `doings` what the page does: write(card, state), discard(card), finished(), detach(card). */
  constructor(root, id, entry, given, doings) {
    Object.assign(this, { id, given, doings, root, entry, state: "", version: 0, timer: 0, pending: 0, writing: Promise.resolve() });
    const holder = document.createElement("template");
    holder.innerHTML = root.querySelector("template[data-card]").innerHTML.replaceAll("__id__", id);
    this.element = holder.content.firstElementChild;
    this.form = this.part("form");
    this.part("open").addEventListener("click", () => this.open(true));
    for (const button of this.element.querySelectorAll("[data-discard]")) {
      button.addEventListener("click", () => doings.discard(this));
    }
    this.part("detach").addEventListener("click", () => doings.detach(this));
    this.pad = new Pad(this.part("pad"), () => this.changed({ target: this.pad.root }));
    this.form.addEventListener("input", (event) => this.changed(event));
    this.form.addEventListener("change", (event) => this.changed(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.finish();
    });
  }

  part(name) { return this.element.querySelector(`[data-${name}]`); }
  within(name) { return this.element.querySelector(`[data-part=${name}]`); }
  field(name) { return this.form.elements.namedItem(name); }
  get isOpen() { return !this.form.hidden; }
  get isBusy() { return Boolean(this.timer || this.pending); }

  /* Show what the device holds by now. */
  show({ state, version, ...entry }) {
    Object.assign(this, { state, version, entry });
    if (this.isOpen && !["typing", "refused"].includes(state)) this.open(false);
    this.draw();
    if (this.isOpen) this.fill(); // written in another page
    else if (state === "refused") this.open(true, false);
  }

  /* Nothing was typed yet, and the server says something newer. */
  renew(entry) {
    this.entry = entry;
    this.draw();
  }

  draw() {
    const { entry, state, root } = this;
    const { about } = entry;
    const time = [entry.begins, entry.ends].filter(Boolean).join("–");
    this.part("heading").textContent = [time, about.number].filter(Boolean).join(" · ");
    const day = entry.day === today() ? "" : figures(entry.day);
    const kind = about.kinds.find((each) => each.key === entry.kind)?.label;
    this.part("lead").textContent = [day, kind, entry.where].filter(Boolean).join(" · ");
    const badge = this.part("state");
    badge.hidden = !state;
    badge.className = `kern-badge kern-badge--small kern-badge--${{ refused: "danger", typing: "warning" }[state] ?? "info"}`;
    const key = `state${state.charAt(0).toUpperCase()}${state.slice(1)}`;
    badge.firstElementChild.textContent = state ? root.dataset[key] : "";
    const module = about.modules.find((each) => each.key === entry.module)?.label;
    const signed = entry.strokes && root.dataset.signed;
    this.part("summary").textContent = state ? [module, entry.reason, signed].filter(Boolean).join(" · ") : "";
    this.part("open").hidden = state === "sending";
    this.element.querySelector("[data-for=new]").hidden = Boolean(state);
    this.element.querySelector("[data-for=typed]").hidden = !state;
    this.part("closed").querySelector("[data-discard]").hidden = !state;
    this.tell(entry.errors ?? {}, entry.problems ?? []);
  }

  /* Say what is wrong, above the form and at the fields. */
  tell(errors, problems) {
    const told = [...problems, ...Object.values(errors).flat()];
    this.part("problems").replaceChildren(...told.map((text) => {
      const line = document.createElement("li");
      line.className = "kern-error";
      line.textContent = text;
      return line;
    }));
    const wrong = new Set(Object.keys(errors).flatMap((name) => FIELDS_OF[name] ?? [name]));
    for (const field of this.form.elements) {
      if (field.name) field.toggleAttribute("aria-invalid", false);
      if (wrong.has(field.name)) field.setAttribute("aria-invalid", "true");
    }
    this.within("confirmed").hidden = !this.entry.asks && !this.entry.confirmed;
  }

  open(open, focus = true) {
    if (open && !this.isOpen) this.fill();
    this.form.hidden = !open;
    this.part("closed").hidden = open;
    if (open && focus) this.form.querySelector("input:not([hidden]), select").focus();
  }

  fill() {
    const { entry, given } = this;
    entry.about = given.cases.find((each) => each.pk === entry.about.pk) ?? entry.about;
    const cases = given.cases.some((each) => each.pk === entry.about.pk) ? given.cases : [entry.about, ...given.cases];
    fill(this.field("case"), cases.map((each) => [String(each.pk), each.number]), String(entry.about.pk));
    for (const part of ["case", "day"]) this.within(part).hidden = Boolean(entry.planned);
    this.part("detach").hidden = !(entry.planned && this.state === "refused");
    this.field("day").value = entry.day;
    fill(this.field("chosen_reason"), [["", "–"], ...given.reasons.map((each) => [each.key, each.label])], entry.chosen_reason);
    for (const name of ["begins", "ends", "channel", "location", "reason"]) this.field(name).value = entry[name] ?? "";
    this.field("confirmed").checked = Boolean(entry.confirmed);
    this.pad.show(entry.strokes);
    this.part("again").hidden = true;
    this.choices();
    this.tell(entry.errors ?? {}, entry.problems ?? []);
  }

  // What can be recorded for the case.
  choices() {
    const { entry, root } = this;
    const { about } = entry;
    const kinds = kindsOf(about);
    fill(this.field("kind"), kinds, entry.kind, kinds[0]?.[0]);
    fill(this.field("module"), modulesOf(about, this.given.noModule, root.dataset), entry.module);
    fill(this.field("stage"), stagesOf(about), entry.stage);
    fill(this.field("topic"), topicsOf(about), entry.topic);
    this.dependent();
  }

  dependent() {
    const { about } = this.entry;
    const kind = about.kinds.find((each) => each.key === this.field("kind").value);
    const complex = kind?.setting === "complex";
    this.within("stage").hidden = !complex;
    if (!complex) this.field("stage").value = "";
    this.within("module").hidden = !about.modules.length;
    this.within("signature").hidden = !about.signed;
    this.within("topic").hidden = this.field("topic").length === 1;
    const meets = hasPlace(this.field("channel").value);
    this.within("location").hidden = !meets;
    if (!meets) this.field("location").value = "";
    else if (this.field("location").value) this.field("channel").value = "in_person";
    const module = about.modules.find((each) => each.key === this.field("module").value);
    this.part("rest").textContent = [module?.ahead, module?.rest?.text].filter(Boolean).join(" ");
  }

  read() {
    const { entry } = this;
    const before = this.signs();
    for (const name of FIELDS) entry[name] = this.field(name).value;
    entry.confirmed = this.field("confirmed").checked;
    if (!entry.planned) entry.day = this.field("day").value || entry.day;
    if (entry.strokes && this.signs() !== before) this.unsign();
    const strokes = entry.about.signed ? this.pad.text : "";
    if (strokes !== (entry.strokes ?? "")) Object.assign(entry, { strokes, signedOn: today() });
    if (strokes) this.part("again").hidden = true;
  }

  /* What a client signs, as it is written down. */
  signs() {
    const { entry } = this;
    return JSON.stringify([entry.about.pk, entry.day, ...SIGNED.map((name) => entry[name] ?? "")]);
  }

  unsign() {
    this.pad.show("");
    this.part("again").hidden = false;
  }

  changed({ target }) {
    const { entry, given } = this;
    if (target.name === "case") {
      const about = given.cases.find((each) => String(each.pk) === target.value);
      if (about && about.pk !== entry.about.pk) {
        entry.about = about;
        if (entry.strokes) this.unsign();
        this.choices();
      }
    }
    this.dependent();
    this.read();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write("typing"), PAUSE);
  }

  /* Write what stands here, after what is being written; true once the device has it. */
  write(state) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.pending += 1;
    this.writing = this.writing.then(() => this.doings.write(this, state)).finally(() => { this.pending -= 1; });
    return this.writing;
  }

  /* Write at once what has not been written yet. */
  flush() {
    if (this.timer) this.write("typing");
  }

  /* Write what has not been written yet, and wait until nothing is being written. */
  settle() {
    this.flush();
    return this.writing;
  }

  missing() {
    const { entry, root } = this;
    const found = {};
    const say = (name, text) => { found[name] = [text]; };
    if (entry.day > today()) say("day", root.dataset.missingDay);
    if (!entry.stage && !(entry.begins && entry.ends)) say("minutes", root.dataset.missingEnds);
    if (!entry.kind) say("kind", root.dataset.missingKind);
    if (entry.about.modules.length && !entry.module && !entry.stage) say("module", root.dataset.missingModule);
    return found;
  }

  async finish() {
    this.read();
    const errors = this.missing();
    Object.assign(this.entry, NO_ERRORS, { errors, asks: this.entry.asks });
    if (Object.keys(errors).length) {
      this.tell(errors, []);
      this.form.querySelector("[aria-invalid=true]")?.focus();
      await this.write("typing");
      return;
    }
    if (await this.write("waiting")) this.doings.finished(this);
  }
}
