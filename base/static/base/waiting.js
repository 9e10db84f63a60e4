/* What the device keeps until it is sent is told of on every page, and not lost by signing out. */

import { countTyped, isAble, lockOthers, place, signingIn, tellSignedOut } from "./device.js";
import { question, signsOut } from "./signing_out.js";

const person = question?.dataset.person;
const notice = document.querySelector("[data-waiting]");
let asked = null; // the form that was asked about

async function begin() {
  await lockOthers(person);
  const count = notice ? await countTyped(person) : 0;
  if (!count || location.pathname === place()) return;
  notice.querySelector("[data-count]").textContent = count;
  notice.querySelector("a").href = place();
  document.querySelector("main .messages").append(notice);
  notice.hidden = false;
}

async function beforeSigningOut(event) {
  const { target: form, submitter } = event;
  if (!signsOut(form)) return;
  if (form === asked || !isAble() || !place()) {
    // Other pages that are still open must not write anew what the answer takes away.
    addEventListener("pagehide", () => tellSignedOut(person), { once: true });
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const [count, own] = await Promise.all([countTyped(), countTyped(person)]).catch(() => [0, 0]);
  if (count) {
    question.querySelector("[data-count]").textContent = count;
    question.querySelector("[data-others]").hidden = count === own;
    question.querySelector("[data-number]").textContent = count - own;
    question.querySelector("a").href = place();
    question.querySelector("a").hidden = !own;
    question.returnValue = "";
    question.showModal();
    await new Promise((resolve) => { question.addEventListener("close", resolve, { once: true }); });
    if (question.returnValue !== "lose") return;
  }
  asked = form;
  form.requestSubmit(submitter);
}

if (person) {
  if (isAble() && place()) begin();
  document.addEventListener("submit", beforeSigningOut, true);
} else {
  document.addEventListener("submit", ({ target }) => { if (target.matches("[data-signs-in]") && place()) signingIn(true); });
}
addEventListener("pageshow", () => {
  asked = null;
  if (document.querySelector("[data-signs-in]")) signingIn(false);
});
