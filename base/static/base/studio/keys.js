/* A part gets its key from what it is called, as soon as that is typed: others refer to it by it.

Nobody has to see one: the field is folded away with what is seldom filled in. A key that is there
stays, whatever the part is called later. The server gives those that are still missing. */
{
  const LONGEST = 60;
  const ROOM_FOR_NUMBER = 4;
  // As the server spells names (`base/spelling.py`), so that it would make the same of them.
  const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "oe", þ: "th", ð: "d", đ: "d", ħ: "h", ł: "l", ı: "i" };
  const APOSTROPHES = /['’‘‛`´ʼʹʻʽʾʿ′＇]/g;

  function shortName(text) {
    const plain = text.replace(APOSTROPHES, "").normalize("NFKD").toLowerCase()
      .replace(/[ßæœøþðđħłı]/g, (sign) => LETTERS[sign]).replace(APOSTROPHES, "")
      .replace(/([aou]\p{M}*?)\u0308/gu, "$1e").replace(/[\p{M}\p{Cf}]/gu, "");
    // Signs divide words, letters of other writings do not.
    const name = plain.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/[^a-z0-9-]/g, "").replace(/-+/g, "-").replace(/^-|-$/g, "");
    const room = LONGEST - ROOM_FOR_NUMBER;
    if (name.length <= room) return name;
    const end = name.slice(0, room + 1).lastIndexOf("-");
    return name.slice(0, end > 0 ? end : room);
  }

  function free(name, taken) {
    if (!taken.has(name)) return name;
    let number = 2;
    while (taken.has(`${name}-${number}`)) number += 1;
    return `${name}-${number}`;
  }

  /* The keys of the other parts of a list: modules-0-value-key, modules-1-value-key and so on. */
  function keysBeside(key) {
    const [, list] = /^(.*)-\d+-value-key$/.exec(key.name);
    const own = new RegExp(`^${list}-\\d+-value-key$`);
    const fields = [...key.form.elements].filter(({ name }) => own.test(name));
    return new Set(fields.map(({ value }) => value.trim()));
  }

  window.fallwerk ??= {};
  window.fallwerk.giveKey = (place, keyFrom, form = document.querySelector("[data-edit-form]")) => {
    const key = form?.elements[`${place}-key`];
    if (!key || key.value.trim() || !/-\d+-value-key$/.test(key.name)) return;
    const texts = keyFrom.split(" ").map((name) => shortName(form.elements[`${place}-${name}`]?.value ?? ""));
    const name = texts.find(Boolean);
    if (!name) return;
    key.value = free(name, keysBeside(key));
    key.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("change", ({ target }) => {
    const part = target.closest?.("[data-key-from]");
    const at = /^(.*-value)-(\w+)$/.exec(target.name ?? "");
    if (!part || !at || !part.dataset.keyFrom.split(" ").includes(at[2])) return;
    window.fallwerk.giveKey(at[1], part.dataset.keyFrom, target.form);
  });
}
