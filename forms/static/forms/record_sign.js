// The page on which a record is signed: what is drawn goes along in a hidden field.

import { Pad } from "./signature_pad.js";

const root = document.querySelector("[data-pad]");
const form = root.closest("form");
const { strokes } = form.elements;
const pad = new Pad(root, () => {
  strokes.value = pad.text;
  strokes.dispatchEvent(new Event("input", { bubbles: true }));
});
pad.show(strokes.value);
// What comes back with a draft is seen before it is saved.
form.addEventListener("fallwerk:restore", ({ detail }) => {
  pad.show(detail.fields.find(([name]) => name === strokes.name)?.[1]);
});
