/* Which forms end the session: known by where they lead, whoever drew them. */

export const question = document.querySelector("[data-loses]");

export function signsOut(form) {
  const at = question?.dataset.at.split(" ") ?? [];
  return form.method === "post" && at.includes(new URL(form.getAttribute("action") ?? "", location.href).pathname);
}
