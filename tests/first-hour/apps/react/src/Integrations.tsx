export function Integrations() {
  return (
    <section>
      <h2>Integrations</h2>
    </section>
  );
}
