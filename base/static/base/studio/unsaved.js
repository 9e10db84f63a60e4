/* What is typed where Wagtail does not look yet is saved, and asked about, all the same.

Wagtail (7.4) says that a draft has changed by comparing its form with what it held two seconds after
it was opened, and again when it was saved by itself. What is typed in those two seconds, or in the
half second between its last look and the answer that all is saved, counts as saved: nothing is sent,
and nobody is asked before the page is left. Here the form is compared with what it held when
somebody first touched it, and with what was sent; where it differs, Wagtail is told. */
{
  const NOT_COMPARED = ["csrfmiddlewaretoken", "loaded_revision_id", "loaded_revision_created_at", "next", "overwrite_revision_id"];
  const FORCE = "data-w-unsaved-force-value";

  function comparable(data) {
    const rows = [...data].filter(([name]) => !NOT_COMPARED.includes(name) && !name.startsWith("comments-"));
    return JSON.stringify(rows.map(([name, value]) => [name, value instanceof File ? value.name + value.size : value]));
  }

  function begin() {
    const form = document.querySelector("[data-edit-form]");
    if (!form?.hasAttribute(FORCE)) return;
    let untouched, saved;

    const touched = () => (untouched ??= comparable(new FormData(form)));
    const first = ["pointerdown", "keydown", "beforeinput"];
    for (const event of first) form.addEventListener(event, touched, { capture: true });

    const tellIfOtherThan = (before) => {
      if (before !== undefined && comparable(new FormData(form)) !== before) form.setAttribute(FORCE, "true");
    };

    // Also comes after each time it was saved; then what was sent counts.
    form.addEventListener("w-unsaved:watch-edits", () => {
      for (const event of first) form.removeEventListener(event, touched, { capture: true });
      tellIfOtherThan(untouched);
      untouched = undefined;
    });
    form.addEventListener("w-autosave:save", ({ detail }) => (saved = detail.formData));
    form.addEventListener("w-autosave:success", ({ detail }) => {
      for (const [name, value] of Object.entries(detail.data?.field_updates ?? {})) saved.set(name, value);
      const sent = comparable(saved);
      setTimeout(() => tellIfOtherThan(sent)); // once Wagtail has taken all for saved
    });
  }

  document.addEventListener("DOMContentLoaded", begin);
}
