/* Visits recorded on the way, with or without a network: see base/device.js for what the device
   keeps, visit_sending.js for how it is sent. */

import { countTyped, empty, isAble, lockOthers, onChange, open } from "../base/device.js";
import { newReference } from "./choices.js";
import { Card, today } from "./visit_card.js";
import { sendAll } from "./visit_sending.js";

const AGAIN = 30_000; // milliseconds after which what waits is tried again
const GIVEN = "day";

const root = document.querySelector("[data-visits]");
const words = root.dataset;
const cards = new Map(); // reference → card
let device = null;
let given = { visits: [], cases: [], reasons: [], noModule: "" };
let timer = 0;
let drawing = Promise.resolve();

const part = (name) => root.querySelector(`[data-${name}]`);
const show = (name, on = true) => { root.querySelector(`[data-empty=${name}]`).hidden = !on; };
const counted = (count, one, many) => (count === 1 ? one : many.replace("#", count));

function say(outcome) {
  for (const line of root.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== outcome;
}

function tell(text) {
  part("told").textContent = text;
  part("told").hidden = !text;
}

const caseOf = (key) => given.cases.find((each) => each.pk === key);

function entryOf(visit) {
  const { day, begins, ends, work, where, channel, location } = visit;
  return { day, begins, ends, kind: work, where, channel, location, module: "", planned: true, about: caseOf(visit.case) };
}

// One after the other: what was read earlier must not be shown over what was read later.
function draw() {
  drawing = drawing.then(drawNow).catch(() => {});
  return drawing;
}

// Cards follow what the device holds; one that is being typed in writes itself, and finds out then.
async function drawNow() {
  const typed = await device.typed();
  const shown = new Set();
  for (const entry of typed) {
    shown.add(entry.id);
    const card = cards.get(entry.id) ?? add(entry.id, entry);
    if (card.isBusy || entry.version <= card.version) continue;
    const { id, ...rest } = entry;
    card.show(rest);
  }
  for (const visit of given.visits) {
    if (shown.has(visit.reference) || visit.day > today() || !caseOf(visit.case)) continue;
    shown.add(visit.reference);
    if (cards.get(visit.reference)?.version) forget(cards.get(visit.reference)); // typed no more
    const card = cards.get(visit.reference);
    if (!card) add(visit.reference, entryOf(visit)).draw();
    else if (!card.isOpen) card.renew(entryOf(visit));
  }
  for (const card of [...cards.values()]) {
    if (!shown.has(card.id) && !(card.isNew && !card.version)) forget(card);
  }
  place();
  count(typed);
}

function place() {
  const at = ({ entry, isNew }) => `${isNew && !entry.begins ? "9" : ""}${entry.day} ${entry.begins ?? ""}`;
  const sorted = [...cards.values()].sort((one, other) => (at(one) < at(other) ? -1 : 1));
  const list = part("cards");
  // Moving one that has the focus would take it away.
  sorted.forEach(({ element }, index) => {
    if (list.children[index] !== element && !element.contains(document.activeElement)) {
      list.insertBefore(element, list.children[index] ?? null);
    }
  });
  show("nothing", !cards.size);
}

function count(typed) {
  const of = (...states) => typed.filter((each) => states.includes(each.state)).length;
  const [waiting, refused, begun] = [of("waiting", "sending"), of("refused"), of("typing")];
  part("bar").hidden = !typed.length;
  part("count").textContent = waiting ? counted(waiting, words.oneWaits, words.manyWait) : "";
  part("others").textContent = [
    refused && counted(refused, words.refusedOne, words.refusedMany),
    begun && counted(begun, words.begunOne, words.begunMany),
  ].filter(Boolean).join(" · ");
  part("send").hidden = !waiting;
  clearTimeout(timer);
  if (!part("send").hidden) timer = setTimeout(sync, AGAIN);
}

function add(id, entry) {
  const card = new Card(root, id, entry, given, { write, discard, finished, detach });
  cards.set(id, card);
  part("cards").append(card.element);
  return card;
}

function forget(card) {
  clearTimeout(card.timer);
  card.element.remove();
  cards.delete(card.id);
}

async function write(card, state) {
  try {
    const version = await device.write(card.id, state, card.version, card.entry);
    if (version) {
      Object.assign(card, { state, version });
      card.draw();
      if (state === "waiting") card.open(false);
    } else {
      tell(words.changed);
    }
    // Whoever was faster has left something else here, or nothing.
    if (!version) forget(card);
    await draw();
    return Boolean(version);
  } catch {
    tell(words.full);
    return false;
  }
}

// Browsers make room where it is scarce, unless they were asked not to.
async function finished() {
  await Promise.all([navigator.storage?.persist?.(), sync({ byHand: true })]);
}

async function discard(card) {
  if (card.version && !await confirmed(card.state === "sending" ? "forget" : "discard")) return;
  clearTimeout(card.timer);
  await card.writing;
  if (card.version) await device.remove(card.id, card.version);
  forget(card);
  await draw();
}

/* What was refused for its appointment goes as a record without one; the appointment stays open. */
async function detach(card) {
  await card.settle();
  if (cards.get(card.id) !== card) return; // changed in another page, and shown as it is now
  const id = newReference();
  const entry = { ...card.entry, planned: false, where: "", errors: {}, problems: [], asks: false };
  try {
    if (!await device.write(id, "typing", 0, entry)) return;
    await device.remove(card.id, card.version);
  } catch {
    tell(words.full);
  }
  forget(card);
  await draw();
  cards.get(id)?.open(true);
}

async function confirmed(question) {
  const dialog = part("asks");
  for (const each of dialog.querySelectorAll("[data-question]")) {
    each.hidden = !each.dataset.question.split(" ").includes(question);
  }
  const heading = dialog.querySelector("h2:not([hidden])");
  for (const each of dialog.querySelectorAll("h2")) each.removeAttribute("id");
  heading.id = dialog.getAttribute("aria-labelledby");
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  return dialog.returnValue === "yes";
}

async function sync({ byHand = false } = {}) {
  clearTimeout(timer);
  try {
    if (!await device.isOpen()) return await close();
    const { outcome, body, person, sent } = await sendAll(device, words.data, { byHand, words, claims: draw });
    if (outcome === "other") return await close(person ?? "");
    say(outcome);
    if (sent.length) tell(counted(sent.length, words.sentOne, words.sentMany));
    if (body) {
      const visits = body.visits.filter((each) => !sent.includes(each.reference));
      take({ visits, cases: body.cases, reasons: body.reasons, noModule: body.noModule });
      await device.keep(GIVEN, given);
    }
  } catch {
    tell(words.full); // nothing is written any more, not even that a record is being sent
    timer = setTimeout(sync, AGAIN);
  }
  return draw();
}

/* The device is somebody else's by now, or its time is over: what was typed stays, out of sight. */
async function close(person) {
  await Promise.all([...cards.values()].map((card) => card.settle()));
  if (person !== undefined) await lockOthers(person);
  location.reload();
}

/* Another page has changed something; this one may have been given what is recorded by now. */
async function renew() {
  const kept = await device.kept(GIVEN).catch(() => null);
  if (kept) take(kept);
  await draw();
}

function take(found) {
  given = found;
  for (const card of cards.values()) card.given = given;
  part("more").hidden = !given.cases.length;
}

function addOwn() {
  const entry = { day: today(), begins: "", ends: "", module: "", planned: false, about: given.cases[0] };
  const card = add(newReference(), entry);
  card.isNew = true;
  card.draw();
  card.open(true);
  show("nothing", false);
}

async function wipe() {
  const [count, own] = await Promise.all([countTyped(), countTyped(device.owner)]);
  const lost = part("lost");
  lost.hidden = count === own;
  lost.querySelector("[data-number]").textContent = count - own;
  if (!await confirmed("wipe")) return;
  await empty();
  for (const name of await caches.keys()) await caches.delete(name);
  for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
  location.assign("/");
}

async function begin() {
  device = isAble() ? await open(words.page).catch(() => undefined) : undefined;
  if (device === undefined) return show("unable");
  if (device === null) {
    show("locked");
    part("locked").hidden = !await countTyped();
    return undefined;
  }
  navigator.serviceWorker?.register(words.worker, { updateViaCache: "none" }).catch(() => {});
  part("on-device").hidden = false;
  part("send").addEventListener("click", () => sync({ byHand: true }));
  part("add").addEventListener("click", addOwn);
  part("wipe").addEventListener("click", wipe);
  onChange(async () => (await device.isOpen() ? renew() : close()));
  addEventListener("online", () => sync());
  addEventListener("offline", () => say("offline"));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) sync();
    else for (const card of cards.values()) card.flush(); // a telephone may not come back to it
  });
  await renew();
  return sync();
}

begin();
