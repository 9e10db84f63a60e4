/* Says when the draft in the form has changed, by typing or by its parts.

Wagtail gives no event when a block is added, moved or deleted: added and moved blocks change the
tree, a deleted block stays in it and is only hidden from sight and from assistive technology. */

window.fallwerk ??= {};

/* Call `changed` after each change; changes inside elements that match `without` are left out. */
window.fallwerk.onDraftChange = (form, changed, without = "") => {
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  new MutationObserver((changes) => {
    const leftOut = ({ target }) => without && target.closest(without);
    if (!changes.every(leftOut)) changed();
  }).observe(form, { childList: true, subtree: true, attributeFilter: ["aria-hidden"] });
};
