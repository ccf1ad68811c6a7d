import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Integrations } from "./Integrations";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Integrations />
  </StrictMode>,
);
