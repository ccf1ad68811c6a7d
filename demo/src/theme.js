// Light or dark: as the system says, or as was chosen here. The widget is told too.

const KEY = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
let choice = localStorage.getItem(KEY) ?? "system";

/** `light` or `dark`. */
export function effectiveTheme() {
  if (choice !== "system") return choice;
  return dark.matches ? "dark" : "light";
}

/** Follows the select element and the system. */
export function startTheme(select) {
  select.value = choice;
  select.onchange = () => {
    choice = select.value;
    localStorage.setItem(KEY, choice);
    apply();
  };
  dark.addEventListener("change", apply);
  apply();
}

function apply() {
  document.documentElement.dataset.theme = effectiveTheme();
}
