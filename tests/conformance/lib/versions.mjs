// What the samples are made of.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The versions of the samples' frameworks and SDKs, in words. */
export function versions() {
  const read = (path) => readFileSync(join(import.meta.dirname, "../apps", path), "utf8");
  const npm = (folder, name) => JSON.parse(read(`${folder}/package.json`)).dependencies[name];
  const pip = (folder, name) => read(`${folder}/requirements.in`).match(`${name}==(.*)`)[1];
  return [
    `Next.js ${npm("next-app", "next")}, Express ${npm("express", "express")},`,
    `FastAPI ${pip("fastapi", "fastapi")} on uvicorn ${pip("fastapi", "uvicorn")},`,
    `Flask ${pip("flask", "flask")} on gunicorn ${pip("flask", "gunicorn")};`,
    `\`@picahq/authkit-token\` ${npm("express", "@picahq/authkit-token")},`,
    `\`authkit-token\` ${pip("flask", "authkit-token")} for Python.`,
  ].join(" ");
}
