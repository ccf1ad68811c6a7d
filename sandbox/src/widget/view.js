// Screens of the stand-in, made of elements and never of markup: titles and messages are text
// whatever is in them.

const screen = document.getElementById("screen");
const heading = document.getElementById("title");

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Replaces the screen. The heading takes the focus, so that a screen reader says where it is. */
export function show(title, ...children) {
  heading.textContent = title;
  screen.replaceChildren(...children);
  heading.focus();
}

/** A labelled text field. */
export function field(id, label, properties = {}) {
  return [
    make("label", { htmlFor: id, textContent: label }),
    make("input", { id, autocomplete: "off", ...properties }),
  ];
}

/** A button. */
export function button(text, onclick, className = "") {
  return make("button", { type: "button", textContent: text, onclick, className });
}

/** The list of apps with its search. */
export function list(apps, choose) {
  const items = make("ul");
  const count = make("p", { className: "soft" });
  const fill = (wanted) => {
    const found = apps.filter((app) => app.title.toLowerCase().includes(wanted.trim().toLowerCase()));
    items.replaceChildren(
      ...found.map((app) => {
        const letter = make("span", { className: "letter", ariaHidden: "true" }, app.title[0]);
        const choice = make("button", { type: "button", onclick: () => choose(app) }, letter, app.title);
        return make("li", {}, choice);
      }),
    );
    count.textContent = found.length === 1 ? "1 app" : `${found.length} apps`;
  };
  fill("");
  const search = field("search", "Search", { type: "search", oninput: (event) => fill(event.target.value) });
  return [...search, count, items];
}
