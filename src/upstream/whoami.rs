//! Which organization and project a key is of. That the upstream also says which person made it is
//! nobody's business here.

use crate::identity::is_invisible;
use crate::json::{Object, Value};
use crate::limits::MAX_NAME_BYTES;
use crate::runtime::Runtime;
use crate::upstream::client::Client;

/// The names of a key's organization and project, where it has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenancy {
    /// The organization.
    pub organization: Option<String>,
    /// The project in it.
    pub project: Option<String>,
}

impl<R: Runtime> Client<'_, R> {
    /// Asks whose key it is. `None` when the upstream does not say, which is no fault.
    pub async fn whoami(&self) -> Option<Tenancy> {
        let url = self.endpoint.whoami_url();
        let answer = self.look(&url).await?;
        let tenancy = Tenancy {
            organization: name(&answer, "organization"),
            project: name(&answer, "project"),
        };
        (tenancy != Tenancy::default()).then_some(tenancy)
    }
}

/// A name that may be shown: people give them, and a terminal may show them.
fn name(answer: &Object, of: &str) -> Option<String> {
    let name = answer.get(of)?.as_object()?.get("name")?;
    let name = Value::as_str(name)?.trim();
    let seen = |character: char| !character.is_control() && !is_invisible(character);
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len()) && name.chars().all(seen);
    fits.then(|| name.to_owned())
}
