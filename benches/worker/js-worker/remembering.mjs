// The same as the plain one, with the Rust Worker's means.
import { endpoint } from "./endpoint.mjs";
import { minting } from "./memory.mjs";

export default endpoint(minting());
