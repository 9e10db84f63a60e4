/* What can be chosen for a record, as the server says it of a case; and the reference of a new one. */

export function newReference() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `E-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/* Offer these values with their labels; `otherwise` where the wanted one is none of them. */
export function fill(select, options, wanted, otherwise = "") {
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  select.value = options.some(([value]) => value === wanted) ? wanted : otherwise;
}

export const kindsOf = ({ kinds }) => kinds.filter(({ setting }) => setting !== "group").map(({ key, label }) => [key, label]);

/* `words` are the page's: for a module outside the plan, and for none at all. */
export function modulesOf({ modules }, noModule, { free, without }) {
  const offered = modules.map(({ key, label, planned }) => [key, planned ? label : `${label} (${free})`]);
  return [["", "–"], ...offered, ...(modules.length ? [[noModule, without]] : [])];
}

export const topicsOf = ({ topics = [] }) => [["", "–"], ...topics.map(({ key, label }) => [key, label])];

/* People meet somewhere in person alone. */
export const hasPlace = (channel) => !channel || channel === "in_person";

export const stagesOf = ({ complexes }) => [["", "–"], ...complexes.map(({ key, label }) => [key, label])];
