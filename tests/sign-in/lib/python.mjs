// Starts an application in Python.

import { join } from "node:path";
import { apps } from "./stage.mjs";

/** @param {string} file in apps/python, which prints where it listens */
export function python(file, env = {}) {
  return {
    command: join(apps, "python/.venv/bin/python"),
    args: () => [file],
    cwd: join(apps, "python"),
    env: () => ({ PYTHONDONTWRITEBYTECODE: "1", ...env }),
    ready: /listening on (\d+)/,
  };
}
