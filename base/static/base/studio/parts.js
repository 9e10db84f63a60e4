/* Parts that are folded away are drawn when somebody opens them.

Wagtail draws every field of every block at once, though streams of parts begin folded: for a
catalogue of a hundred modules 3,000 blocks, each put into the page by itself and walked by all who
watch it, before anybody can type. Here a folded part is its head (Wagtail's own) over hidden
inputs: the names and values its fields would send, in their order. So saving, what is computed
beside the form and references read the same form whether a part was opened or not.

This builds on what Wagtail documents for forms of one's own: its block definitions, extended and
registered for telepath, and the events of its panels. Whoever needs a part's fields as fields
sends "fallwerk:draw" to a hidden input of it. */
{
  const { FieldBlockDefinition, ListBlockDefinition, StreamBlockDefinition, StructBlockDefinition } =
    window.wagtailStreamField.blocks;

  let folded = false; // whether the parts that are being put into the page will be folded

  /* Say of the parts that are put into the page meanwhile whether they will be folded. */
  function whileFolded(state, work) {
    const before = folded;
    folded = state;
    try {
      return work();
    } finally {
      folded = before;
    }
  }

  function hidden(place, name, value) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    place.append(input);
    return input;
  }

  /* Put into `place` what the fields of a block would send, as hidden inputs in the same order. */
  function keep(place, definition, name, state) {
    if (definition instanceof StructBlockDefinition) keepPart(place, definition, name, state ?? {});
    else if (definition instanceof StreamBlockDefinition) {
      keepItems(place, ({ type }) => definition.childBlockDefsByName[type], name, state ?? []);
    } else if (definition instanceof ListBlockDefinition) {
      keepItems(place, () => definition.childBlockDef, name, state ?? []);
    } else if (definition instanceof FieldBlockDefinition) {
      if (typeof state === "boolean") state = state ? ["on"] : []; // a box not ticked sends nothing
      for (const value of [state].flat()) {
        const input = hidden(place, name, value ?? "");
        if (definition.widget.refers) input.dataset.refers = ""; // see references.js
      }
    }
  }

  function keepPart(place, definition, name, state) {
    const part = document.createElement("div");
    // By these references know what a part is called.
    for (const [key, value] of Object.entries(definition.meta.attrs)) part.setAttribute(key, value);
    const { settings, children } = definition.meta.formLayout.opts;
    for (const [child] of [...settings, ...children]) {
      keep(part, definition.childBlockDefsByName[child], `${name}-${child}`, state[child]);
    }
    place.append(part);
  }

  function keepItems(place, definitionOf, name, items) {
    hidden(place, `${name}-count`, items.length);
    items.forEach((item, order) => {
      const definition = definitionOf(item);
      hidden(place, `${name}-${order}-deleted`, "");
      hidden(place, `${name}-${order}-order`, order);
      hidden(place, `${name}-${order}-type`, definition.name);
      hidden(place, `${name}-${order}-id`, item.id ?? "");
      keep(place, definition, `${name}-${order}-value`, item.value);
    });
  }

  /* Stands for a part that nobody has opened yet, and draws it as soon as anything is asked of it. */
  class FoldedPart {
    constructor(definition, placeholder, draw, { prefix, state }) {
      this.blockDef = definition;
      this.type = definition.name;
      this.prefix = prefix;
      this.state = state;
      this.element = document.createElement("div");
      keep(this.element, definition, prefix, state);
      this.element.append(this.findable());
      placeholder.replaceWith(this.element);
      this.toggle = this.element.closest("[data-panel]").querySelector("[data-panel-toggle]");
      this.toggle.addEventListener("wagtail:panel-toggle", ({ detail }) => detail.expanded && this.part);
      this.element.addEventListener("fallwerk:draw", () => this.part);
      this.draw = () => {
        const place = document.createElement("div");
        this.element.replaceWith(place);
        return whileFolded(false, () => draw(place));
      };
    }

    /* What the browser finds on the page when somebody searches it; found, the part unfolds. */
    findable() {
      const text = document.createElement("span");
      const inputs = this.element.querySelectorAll("input[name*='-value-']");
      text.textContent = [...inputs].map(({ value }) => value).filter(Boolean).join(" ");
      return text;
    }

    get isDrawn() {
      return this.drawn !== undefined;
    }

    get part() {
      this.drawn ??= this.draw();
      return this.drawn;
    }

    get container() {
      return this.part.container;
    }

    get childBlocks() {
      return this.part.childBlocks;
    }

    /* The line in the head. Its fields are drawn for a moment, outside the page. */
    getTextLabel(options) {
      if (this.isDrawn) return this.part.getTextLabel(options);
      const { childBlockDefsByName: fields, meta } = this.blockDef;
      const aside = document.createElement("div");
      const label = (meta.labelFormat ?? "").replace(/\{(\w+)\}/g, (_, name) => {
        const place = document.createElement("div");
        aside.append(place);
        const field = fields[name]?.render(place, `${this.prefix}-${name}`, this.state[name], undefined, new Map());
        return field?.getTextLabel?.(options) ?? "";
      });
      this.followNames(aside.querySelector("[data-reference]") !== null);
      this.label = label;
      this.labelOptions = options;
      return label;
    }

    /* A head that names other parts is written anew when they may be called otherwise. */
    followNames(names) {
      if (!names || this.follows) return;
      this.follows = true;
      document.addEventListener("fallwerk:named", () => {
        if (this.isDrawn || !this.element.isConnected) return;
        const before = this.label;
        // Written anew, a head is a change of the draft, after which names are looked at again.
        if (this.getTextLabel(this.labelOptions) === before) return;
        const detail = { expanded: false };
        this.toggle.dispatchEvent(new CustomEvent("wagtail:panel-toggle", { detail }));
      });
    }

    getState() {
      return this.isDrawn ? this.part.getState() : this.state;
    }

    getDuplicatedState() {
      return this.part.getDuplicatedState();
    }

    getValue() {
      return this.part.getValue();
    }

    setState(state) {
      this.part.setState(state);
    }

    /* Without an error there is nothing to show: Wagtail says so to every part of a form. */
    setError(error) {
      if (error || this.isDrawn) this.part.setError(error);
    }

    focus(options) {
      this.part.focus(options);
    }
  }

  let doubled = 0; // parts whose double is being made, one inside the other

  /* A double is another part: it gets a key of its own. What is inside keeps its keys. */
  function withoutKey(part) {
    const state = part.getDuplicatedState.bind(part);
    part.getDuplicatedState = () => {
      doubled += 1;
      try {
        return doubled > 1 ? state() : { ...state(), key: "" };
      } finally {
        doubled -= 1;
      }
    };
  }

  class Part extends StructBlockDefinition {
    render(placeholder, prefix, state, error, capabilities) {
      const keyFrom = this.meta.attrs["data-key-from"];
      const draw = (place) => {
        const part = super.render(place, prefix, state, error, capabilities);
        if (keyFrom === undefined) return part;
        withoutKey(part);
        window.fallwerk.giveKey(prefix, keyFrom);
        return part;
      };
      if (!folded || error) return whileFolded(false, () => draw(placeholder));
      return new FoldedPart(this, placeholder, draw, { prefix, state });
    }
  }

  let unnamed = 0; // parts that had no id

  /* Parts in a list that begins folded. What is added or doubled later comes unfolded, and drawn;
     so are parts on which comments hang, whose fields Wagtail looks for, and those that a new form
     begins with. These have no id, and Wagtail calls their panels by it: each would fold the first
     of them all. So they get one on the page, and send none, as before. */
  const inList = (Definition) =>
    class extends Definition {
      render(placeholder, prefix, state, ...rest) {
        const meta = this.meta;
        const items = (state ?? []).map((item) => ({ ...item, id: item.id || `new-${(unnamed += 1)}` }));
        const isNew = items.some(({ id }, order) => id !== state[order].id);
        const begins = Boolean(meta.collapsed) && !window.comments?.commentApp && !isNew;
        this.meta = { ...meta, collapsed: begins };
        const list = whileFolded(begins, () => super.render(placeholder, prefix, items, ...rest));
        this.meta = meta;
        items.forEach(({ id }, order) => {
          const sent = list.container[0].querySelector(`[name="${prefix}-${order}-id"]`);
          if (sent.value === id) sent.value = state[order].id ?? "";
        });
        return list;
      }
    };

  window.telepath.register("fallwerk.Part", Part);
  window.telepath.register("fallwerk.PartList", inList(ListBlockDefinition));
  window.telepath.register("fallwerk.PartStream", inList(StreamBlockDefinition));
}
