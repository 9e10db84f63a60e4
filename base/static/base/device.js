/* What a person's device keeps for work without a network, until it is sent: in the browser's
   database, encrypted (AES-GCM) under a key that cannot be read out.

   Each person has a key of their own. It lies on the device for KEY_FOR after they were last
   signed in; then, and as soon as somebody else signs in, it is taken away, with everything but
   what was typed. What was typed stays, and is readable again once its person signs in: the key
   itself is kept once more, encrypted with the key the server gives them alone (as drafts.js). */

const NAME = "fallwerk";
const MARK = "fallwerk.device"; // where what waits is sent, once something was kept here
const KEY_FOR = 36 * 3600 * 1000; // milliseconds
const SIGNING_IN = "fallwerk.signing-in";
const TYPED = "typed";
const EMPTIED = "emptied"; // what pages tell each other: that all is gone,
const LOCKED = "locked"; // or that keys may be
const AES = { name: "AES-GCM", length: 256 };

const bytes = new TextEncoder();
const others = new BroadcastChannel("fallwerk");
const changes = new BroadcastChannel("fallwerk.device");
let holder = ""; // whose what is open here is
let signedOut = false;

export const isAble = () => Boolean(
  globalThis.crypto?.subtle && globalThis.indexedDB && navigator.locks && globalThis.AbortSignal?.timeout,
);

/* The address of the page that sends what waits; empty where nothing was ever kept. */
export const place = () => localStorage.getItem(MARK) ?? "";

// Whoever signs out takes everything along; pages that are still open write nothing anew.
function stop() {
  signedOut = true;
  location.reload();
}
others.addEventListener("message", ({ data }) => { if (holder && data === holder) stop(); });
changes.addEventListener("message", ({ data }) => { if (holder && data === EMPTIED) stop(); });

export const tellSignedOut = (person) => others.postMessage(person);

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys", { keyPath: "owner" });
      request.result.createObjectStore("rows", { keyPath: ["owner", "id"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/* Do one thing in one transaction: `act(store, done)` gives its answer to `done`. */
async function inStore(name, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, "readwrite", { durability: "strict" });
      let answer;
      transaction.oncomplete = () => resolve(answer);
      transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
      act(transaction.objectStore(name), (found) => { answer = found; });
    });
  } finally {
    database.close(); // signing out empties the device; an open database would be in its way
  }
}

const every = (name) => inStore(name, (store, done) => {
  store.getAll().onsuccess = ({ target }) => done(target.result);
});

async function encrypted(key, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: AES.name, iv }, key, value) };
}

const decrypted = (key, { iv, data }) => crypto.subtle.decrypt({ name: AES.name, iv }, key, data);
const usable = (raw) => crypto.subtle.importKey("raw", raw, AES.name, false, ["encrypt", "decrypt"]);

function serverKey() {
  const raw = Uint8Array.from(atob(document.body.dataset.draftKey), (each) => each.charCodeAt(0));
  return usable(raw);
}

/* Take away what others than this person left open: their keys, and what they were given. Their
   own stays for KEY_FOR from now on. Pages that hold what is taken away here are told. */
export async function lockOthers(person) {
  const over = (each) => each.owner !== person || each.until < Date.now();
  const taken = await inStore("keys", (store, done) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      const { key, ...rest } = cursor.value;
      if (key && over(rest)) {
        cursor.update(rest);
        done(true);
      } else if (key) {
        cursor.update({ ...cursor.value, until: Date.now() + KEY_FOR });
      }
      cursor.continue();
    };
  });
  await inStore("rows", (store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (cursor.value.owner !== person && cursor.value.kind !== TYPED) cursor.delete();
      cursor.continue();
    };
  });
  if (taken) changes.postMessage(LOCKED);
  if (person) localStorage.removeItem(SIGNING_IN);
}

/* While somebody signs in nobody is known to be here: until a page of theirs is there, nothing is
   opened, or one that comes too late would show what belongs to whoever was here before. */
export function signingIn(now) {
  if (now) localStorage.setItem(SIGNING_IN, "1");
  else localStorage.removeItem(SIGNING_IN);
}

// Two pages that begin at once would make two keys, of which one is lost.
const keyOf = (owner) => navigator.locks.request("fallwerk.device.key", async () => {
  const server = await serverKey();
  const known = (await every("keys")).find((each) => each.owner === owner);
  if (!known) await lockAnew(owner); // written by a page that did not know the device is empty
  let raw;
  try {
    raw = known && await decrypted(server, known.kept);
  } catch {
    raw = null; // the server gives out other keys by now
  }
  const kept = raw ? known.kept : await encrypted(server, raw = crypto.getRandomValues(new Uint8Array(32)));
  const key = await usable(raw);
  if (known && kept !== known.kept) await lockAnew(owner, known.key, key);
  await inStore("keys", (store) => store.put({ owner, kept, key, until: Date.now() + KEY_FOR }));
  return key;
});

// What lies under a key that is no more is forgotten, as drafts are.
async function lockAnew(owner, before, key) {
  for (const row of (await every("rows")).filter((each) => each.owner === owner)) {
    const value = before && await decrypted(before, row).catch(() => null);
    const anew = value && await encrypted(key, value);
    await inStore("rows", (store) => (anew ? store.put({ ...row, ...anew }) : store.delete([owner, row.id])));
  }
}

/* Open what the device keeps: for who is signed in, or without a network for whose it is.
   Null where nobody's key lies here (any more). */
export async function open(sendAt) {
  const { person } = document.body.dataset;
  if (person) {
    localStorage.setItem(MARK, sendAt);
    holder = person;
    await lockOthers(person);
    return new Device(person, await keyOf(person));
  }
  if (localStorage.getItem(SIGNING_IN)) return null;
  const own = (await every("keys")).filter((each) => each.key);
  const valid = own.find((each) => each.until > Date.now());
  if (!valid) await lockOthers("");
  holder = valid?.owner ?? "";
  return valid ? new Device(valid.owner, valid.key) : null;
}

/* How much was typed here and is not sent: of one person, or of anybody. */
export async function countTyped(person = "") {
  const rows = await every("rows");
  return rows.filter((each) => each.kind === TYPED && (!person || each.owner === person)).length;
}

/* Forget everything, whoever's it is. */
export async function empty() {
  signedOut = true;
  for (const name of ["rows", "keys"]) await inStore(name, (store) => store.clear());
  localStorage.removeItem(MARK);
  changes.postMessage(EMPTIED);
}

/* Call back when another page has changed something. */
export const onChange = (call) => changes.addEventListener("message", call);

class Device {
  constructor(owner, key) {
    Object.assign(this, { owner, key });
  }

  /* Whether its person's key still lies here, and its time is not over. */
  async isOpen() {
    const own = (await every("keys")).find((each) => each.owner === this.owner);
    return Boolean(own?.key && own.until > Date.now());
  }

  /* What the server gave for a while. */
  async keep(id, value) {
    if (signedOut) return;
    const row = { owner: this.owner, id, kind: "given", ...await this.closed(value) };
    await inStore("rows", (store) => store.put(row));
    changes.postMessage(id);
  }

  async kept(id) {
    const row = (await every("rows")).find((each) => each.owner === this.owner && each.id === id);
    return row ? this.read(row) : null;
  }

  /* All that was typed, with `id`, `state` and `version` of each. */
  async typed() {
    const rows = (await every("rows")).filter((each) => each.owner === this.owner && each.kind === TYPED);
    const values = await Promise.all(rows.map((row) => this.read(row)));
    return rows.map(({ id, state, version }, at) => ({ id, state, version, ...values[at] }))
      .filter((each, at) => values[at]);
  }

  /* Write what was typed, if it is still as it was when it was read (`version`, 0 for new).
     Return its new version; 0 where somebody else was faster. */
  async write(id, state, version, value) {
    if (signedOut) return 0;
    const row = { owner: this.owner, id, kind: TYPED, state, version: version + 1, ...await this.closed(value) };
    const written = await inStore("rows", (store, done) => {
      store.get([this.owner, id]).onsuccess = ({ target: { result: before } }) => {
        const same = (before?.version ?? 0) === version;
        if (same) store.put(row);
        done(same);
      };
    });
    if (written) changes.postMessage(id);
    return written ? row.version : 0;
  }

  /* Forget something typed, if it is still as it was. */
  async remove(id, version) {
    const removed = await inStore("rows", (store, done) => {
      store.get([this.owner, id]).onsuccess = ({ target: { result: before } }) => {
        const same = before?.version === version;
        if (same) store.delete([this.owner, id]);
        done(same);
      };
    });
    if (removed) changes.postMessage(id);
    return removed;
  }

  closed(value) {
    return encrypted(this.key, bytes.encode(JSON.stringify(value)));
  }

  async read(row) {
    try {
      return JSON.parse(new TextDecoder().decode(await decrypted(this.key, row)));
    } catch {
      return null; // written under a key that is no more
    }
  }
}
