/* What was typed on the way goes to the server once: one page of the device sends, and the
   reference of each record makes a second arrival the same one. */

const LONGEST = 20_000; // milliseconds for which an answer is waited for
const SENDS = ["waiting", "sending"];

async function ask(at, { byHand, ...options }) {
  // What the page tries by itself does not keep a session alive.
  const headers = { Accept: "application/json", ...(byHand ? {} : { "X-Background": "true" }), ...options.headers };
  const signal = AbortSignal.timeout(LONGEST);
  const answer = await fetch(at, { ...options, headers, signal, redirect: "manual", cache: "no-store" });
  if (answer.type === "opaqueredirect") return { outcome: "signed-out" };
  if (answer.status === 403) return { outcome: answer.headers.get("X-Refused") === "token" ? "token" : "refused" };
  if (answer.status === 409) return { outcome: "other" };
  if (answer.status !== 422 && !answer.ok) return { outcome: "later" };
  return { outcome: answer.ok ? "done" : "wrong", body: await answer.json() };
}

/* What the server gives its person for the day, with a token that is valid now. */
async function given(at, owner, byHand) {
  try {
    const { outcome, body } = await ask(at, { byHand });
    return outcome === "done" && body.person !== owner ? { outcome: "other", person: body.person } : { outcome, body };
  } catch {
    return { outcome: "offline" };
  }
}

function fieldsOf(id, entry, owner) {
  const row = {
    reference: id,
    case: entry.about.pk,
    case_text: entry.about.number,
    kind: entry.kind,
    module: entry.module,
    stage: entry.stage,
    topic: entry.topic,
    channel: entry.channel,
    location: entry.location,
    minutes: entry.begins && entry.ends ? `${entry.begins}–${entry.ends}` : "",
    chosen_reason: entry.chosen_reason,
    reason: entry.reason,
    strokes: entry.strokes,
    signed_on: entry.strokes ? entry.signedOn : "",
    ...(entry.confirmed ? { confirmed: "on" } : {}),
  };
  const named = Object.entries(row).map(([name, value]) => [`rows-0-${name}`, value ?? ""]);
  const { day, about } = entry;
  return new URLSearchParams([["person", owner], ["day", day], ["counsellor", about.counsellor], ["count", 1], ...named]);
}

// One record. What is written down before says that its answer is missing: until it is there, the
// record is not changed any more, or another text could go for the one that has arrived.
async function sendOne(device, at, { token, byHand, words, claims }, { id, version, ...entry }) {
  const claimed = await device.write(id, "sending", version, entry);
  if (!claimed) return "done"; // changed meanwhile in another page
  await claims();
  const options = { byHand, method: "POST", headers: { "X-CSRFToken": token }, body: fieldsOf(id, entry, device.owner) };
  let answer;
  try {
    answer = await ask(at, options);
  } catch {
    return "offline";
  }
  const { outcome, body } = answer;
  if (outcome === "done") {
    await device.remove(id, claimed);
    return "sent";
  }
  if (outcome === "wrong") {
    const { errors = {}, problems = [], asks = false } = body;
    await device.write(id, "refused", claimed, { ...entry, errors, problems, asks });
    return "done";
  }
  if (outcome === "refused") {
    // Its person may record (they were given the day), but not this: the others can go.
    await device.write(id, "refused", claimed, { ...entry, errors: {}, problems: [words.mayNot], asks: false });
    return "done";
  }
  if (outcome !== "later") await device.write(id, "waiting", claimed, entry);
  // A token that is no longer valid says nothing of the record: the next time comes with a new one.
  return outcome === "token" ? "later" : outcome;
}

// The earliest first: of two that contradict each other the later one is asked about.
const inOrder = (one, other) => (`${one.day} ${one.begins}` < `${other.day} ${other.begins}` ? -1 : 1);

/* Send all that waits; tell how it went, what arrived, and what the server gives for the day.
   One that gets no proper answer does not hold up the others. `claims` is called whenever one is
   not to be changed any more. */
export function sendAll(device, at, { byHand, words, claims }) {
  return navigator.locks.request("fallwerk.sending", async () => {
    let state = await given(at, device.owner, byHand);
    const sent = [];
    let later = false;
    if (state.outcome !== "done") return { ...state, sent };
    const waiting = (await device.typed()).filter((each) => SENDS.includes(each.state)).sort(inOrder);
    for (const { state: _before, ...entry } of waiting) {
      const outcome = await sendOne(device, at, { token: state.body.csrf, byHand, words, claims }, entry);
      if (outcome === "sent") sent.push(entry.id);
      else if (outcome === "later") later = true;
      else if (outcome !== "done") return { outcome, body: state.body, sent };
    }
    if (sent.length) {
      const { body } = state;
      state = await given(at, device.owner, byHand);
      state.body ??= body;
    }
    if (later && state.outcome === "done") state.outcome = "later";
    return { ...state, sent };
  });
}
