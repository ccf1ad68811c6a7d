import { mount } from "svelte";
import Integrations from "./Integrations.svelte";

export default mount(Integrations, { target: document.getElementById("app")! });
