/* A calendar opens for the date somebody is in, and for no other.

Wagtail's calendar opens a tenth of a second after its field is entered, whether anybody is still
there: who goes on by key meanwhile has it lie over what comes next, until they press elsewhere. */
jQuery(document).on("open.xdsoft", ({ target }) => {
  const calendar = jQuery(target);
  const [field] = calendar.data("input") ?? [];
  if (field && field !== document.activeElement) calendar.trigger("close.xdsoft");
});
