/* What a screen reader is told of, although the focus does not go there. */

const place = document.querySelector("[data-said]");

export function say(text) {
  if (place) place.textContent = text;
}

/* How much somebody who types is offered. */
export function sayFound(count) {
  const words = place?.dataset;
  if (words) say({ 0: words.none, 1: words.one }[count] ?? words.many.replace("#", count));
}
