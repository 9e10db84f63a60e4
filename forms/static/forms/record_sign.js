// The page on which a record is signed: what is drawn goes along in a hidden field.

import { Pad } from "./signature_pad.js";

const root = document.querySelector("[data-pad]");
const strokes = root.closest("form").elements.strokes;
const pad = new Pad(root, () => {
  strokes.value = pad.text;
  strokes.dispatchEvent(new Event("input", { bubbles: true }));
});
pad.show(strokes.value);
