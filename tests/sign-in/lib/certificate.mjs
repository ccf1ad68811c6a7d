// A certificate for `localhost`, made for this run and believed by nobody else. Products name their
// cookies otherwise without https.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";

/** PEM, as TLS servers take them. */
export const { key, cert } = make();

// For the requests of the tests themselves.
tls.setDefaultCACertificates([...tls.getCACertificates("default"), cert]);

let file;

/** What makes Node.js, and `requests` of Python, believe it, too. */
export function trust() {
  if (file === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "authkit-certificate-"));
    process.on("exit", () => rmSync(folder, { recursive: true }));
    file = join(folder, "cert.pem");
    writeFileSync(file, cert);
  }
  return { NODE_EXTRA_CA_CERTS: file, REQUESTS_CA_BUNDLE: file };
}

function make() {
  const folder = mkdtempSync(join(tmpdir(), "authkit-certificate-"));
  const [keyFile, certFile] = ["key.pem", "cert.pem"].map((name) => join(folder, name));
  try {
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
    const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", keyFile, "-out", certFile];
    execFileSync("openssl", args, { stdio: "pipe" });
    return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
