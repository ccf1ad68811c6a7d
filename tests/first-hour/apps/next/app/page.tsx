import { Integrations } from "./integrations";

export default function Page() {
  return (
    <main>
      <h1>Settings</h1>
      <Integrations />
    </main>
  );
}
