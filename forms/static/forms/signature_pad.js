/* A field to sign in with a finger, a pen or a mouse. What is drawn are strokes of whole points, as
   forms/strokes.py reads them: flat lists of x and y by turns, in the units of the field. */

const APART = 3; // units between two points: what is closer is the same stroke to the eye

const pathOf = (stroke) => {
  const points = [];
  for (let at = 0; at < stroke.length; at += 2) points.push(`${stroke[at]} ${stroke[at + 1]}`);
  return `M${points[0]}L${(points.length > 1 ? points.slice(1) : points).join(" ")}`;
};

export class Pad {
  /* `changed()` is called when a stroke is drawn, or all are cleared. */
  constructor(root, changed) {
    Object.assign(this, { root, changed, strokes: [], stroke: null, pointer: null });
    this.field = root.querySelector("[data-pad-field]");
    this.ink = root.querySelector("[data-pad-ink]");
    this.full = root.querySelector("[data-pad-full]");
    this.opens = root.querySelector("[data-pad-open]");
    const { mostPoints, mostStrokes } = root.dataset;
    this.most = { points: Number(mostPoints), strokes: Number(mostStrokes) };
    this.field.addEventListener("pointerdown", (event) => this.begin(event));
    this.field.addEventListener("pointermove", (event) => this.go(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.field.addEventListener(name, (event) => this.end(event));
    }
    this.opens.addEventListener("click", () => this.open());
    root.querySelector("[data-pad-clear]").addEventListener("click", () => {
      const open = this.opens.hidden;
      this.show("");
      if (open) this.open();
      changed();
    });
    root.hidden = false;
  }

  /* What was drawn, as a text; empty where nothing was but dots, which are no signature. */
  get text() { return this.strokes.some((each) => each.length > 2) ? JSON.stringify(this.strokes) : ""; }

  /* Where a finger scrolls the page, it draws only after a tap that says so. */
  open() {
    this.opens.hidden = true;
    this.root.dataset.open = "";
  }

  close() {
    this.opens.hidden = false;
    delete this.root.dataset.open;
  }

  show(text) {
    this.close();
    try {
      this.strokes = text ? JSON.parse(text) : [];
    } catch {
      this.strokes = [];
    }
    this.stroke = null;
    this.full.hidden = true;
    this.draw();
  }

  draw() { this.ink.setAttribute("d", this.strokes.map(pathOf).join("")); }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.field.getBoundingClientRect();
    const { width: wide, height: high } = this.field.viewBox.baseVal;
    const within = (share, most) => Math.min(most, Math.max(0, Math.round(share * most)));
    return [within((clientX - left) / width, wide), within((clientY - top) / height, high)];
  }

  get isFull() {
    const points = this.strokes.reduce((sum, each) => sum + each.length / 2, 0);
    return points >= this.most.points || (!this.stroke && this.strokes.length >= this.most.strokes);
  }

  // One at a time: a hand that lies down beside the pen neither draws nor ends the stroke.
  begin(event) {
    if (this.stroke || !event.isPrimary || event.button) return;
    if (event.pointerType !== "mouse" && !this.opens.hidden) return;
    event.preventDefault();
    if (this.isFull) {
      this.full.hidden = false;
      return;
    }
    this.field.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.stroke = this.place(event);
    this.strokes.push(this.stroke);
    this.draw();
  }

  go(event) {
    if (!this.draws(event)) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const each of moves.length ? moves : [event]) {
      const [x, y] = this.place(each);
      const [before, above] = this.stroke.slice(-2);
      if (Math.hypot(x - before, y - above) < APART) continue;
      if (this.isFull) {
        this.full.hidden = false;
        break;
      }
      this.stroke.push(x, y);
    }
    this.draw();
  }

  draws({ pointerId }) { return this.stroke && pointerId === this.pointer; }

  end(event) {
    if (!this.draws(event)) return;
    this.stroke = null;
    this.changed();
  }
}
