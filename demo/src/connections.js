// "Your connections": what the user has connected, how it is, and how to end or mend it. The list is the
// Worker's, so it is the same on every device, and nobody else's.

const $ = (id) => document.getElementById(id);
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
/** The upstream's word for a state, and a person's. Any other one is as good as none. */
const STATES = {
  operational: "Works",
  degraded: "Works now and then",
  failed: "Needs reconnecting",
  unknown: "Not checked yet",
};

/**
 * Gives what shows the list anew. `title` names an app by its platform; `reconnect` and `disconnect` do
 * it, and say so themselves when they fail.
 */
export function startConnections({ title, reconnect, disconnect }) {
  return (rows) => {
    const hadFocus = $("connections").contains(document.activeElement);
    $("connections").replaceChildren(...rows.map(item));
    // The button that was used is gone.
    if (hadFocus) $("connected-title").focus();
    $("none").hidden = rows.length > 0;
  };

  function item(row) {
    const app = row.title ?? title(row.platform);
    const name = row.name ?? app;
    const buttons = make("p", { className: "row" },
      button("Reconnect", name, () => reconnect({ ...row, title: app })),
      button("Disconnect", name, async () => {
        if (await asks(`Disconnect ${name}?`)) await disconnect(row, name);
      }),
    );
    const words = make("div", { className: "words" },
      make("p", {}, make("strong", { textContent: name }), " ", make("span", { className: "soft", textContent: app })),
      make("p", { className: "soft" }, state(row), ...when(row)),
    );
    return make("li", {}, make("span", { className: "letter", ariaHidden: "true" }, app.slice(0, 1).toUpperCase()), words, buttons);
  }

  /** Does one thing at a time. What it does begins at once, so that the focus is still here. */
  function button(text, name, action) {
    const made = make("button", { type: "button", textContent: text, ariaLabel: `${text} ${name}` });
    made.onclick = async () => {
      if (made.ariaDisabled) return;
      const done = action();
      made.ariaDisabled = "true";
      await done;
      made.ariaDisabled = null;
    };
    return made;
  }
}

/** In words and in colour, since not everybody sees colours. */
function state(row) {
  const known = Object.hasOwn(STATES, row.state ?? "") ? row.state : "unknown";
  return make("span", { className: `state ${known}`, textContent: STATES[known] });
}

function when({ createdAt }) {
  const date = new Date(createdAt ?? NaN);
  if (Number.isNaN(date.getTime())) return [];
  const time = make("time", { dateTime: date.toISOString(), textContent: WHEN.format(date) });
  return [" ", make("span", { className: "when" }, "connected ", time)];
}

/** Asks the person, and waits for the answer. The focus goes back by itself. */
async function asks(question) {
  const dialog = $("sure");
  $("sure-title").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "yes";
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
