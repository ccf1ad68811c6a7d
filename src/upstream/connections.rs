//! Connections: which rows of the vault are a caller's, and how one of them is deleted.
//!
//! The vault asks nobody whose a connection is. It filters by what a query says, and reads some values
//! as something else than texts; it deletes whatever an id names. So nothing that it says of whose a
//! row is is believed but the row, which must have the caller's `identity` and `identityType` to the
//! letter.

use crate::caller::Caller;
use crate::http::routes::ConnectionId;
use crate::http::target::Filter;
use crate::json::{Object, Value};
use crate::runtime::Runtime;
use crate::runtime::in_flight::Share;
use crate::upstream::client::{Client, What};
use crate::upstream::page::Page;
use crate::upstream::{UpstreamFault, retry};

/// What the vault gave when it was asked for a caller's connections, and whose they are to be.
pub struct Vault<'a> {
    pages: Vec<Page>,
    caller: &'a Caller,
}

/// A caller's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// `{"connections": [row, …], "total": n}`, the rows byte for byte as they came.
    pub body: Vec<u8>,
    /// How many there are.
    pub total: u32,
}

/// What became of a connection that is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Done,
    /// It is none of the caller's, or not any more. The upstream was not asked to delete it, or said
    /// that it does not have it.
    Absent,
}

impl<R: Runtime> Client<'_, R> {
    /// Asks for `caller`'s connections, for those of all pages.
    ///
    /// # Errors
    /// As [`Client::token`].
    pub async fn connections<'a>(&self, caller: &'a Caller) -> Result<Vault<'a>, UpstreamFault> {
        self.may_ask()?;
        let request = self.ready(What::Connections(caller));
        let (pages, _) = self.note(self.all_pages(&request, None).await)?;
        Ok(Vault { pages, caller })
    }

    /// Deletes one of `caller`'s connections, and no other.
    ///
    /// A delete is never repeated blindly: when its answer was lost, it is looked for in the list
    /// again. All of it has the one deadline.
    ///
    /// # Errors
    /// As [`Client::token`]; that of a delete when the connection is still there, or it could not be
    /// seen whether it is.
    pub async fn disconnect(
        &self,
        caller: &Caller,
        wanted: ConnectionId<'_>,
    ) -> Result<Deletion, UpstreamFault> {
        let request = self.ready(What::Delete);
        let mut failed = None;
        let mut lost = false;
        let mut tries = 0;
        loop {
            let found = match self.connections(caller).await {
                Ok(vault) => vault.find(wanted, self.share),
                Err(fault) => return Err(failed.unwrap_or(fault)),
            };
            let Some(id) = found.as_deref().and_then(ConnectionId::parse) else {
                // One of the deletes did it whose answer was lost, if there was one.
                return Ok(if lost {
                    Deletion::Done
                } else {
                    Deletion::Absent
                });
            };
            if let Some(fault) = failed {
                let left = self.runtime.now().until(self.deadline);
                match retry::pause(fault, tries, left, self.runtime.random()) {
                    Some(pause) => self.runtime.sleep(pause).await,
                    None => return Err(fault),
                }
            }
            tries += 1;
            // Made of the list's id. Half of what is left, so that there is time to look when no answer
            // comes.
            let url = self.endpoint.connection_url(id);
            let now = self.runtime.now();
            let deadline = now.after(now.until(self.deadline) / 2);
            let call = self.call(&request, &url, deadline);
            let Err(fault) = self.note(call.await) else {
                return Ok(Deletion::Done);
            };
            let is_unknown = fault == UpstreamFault::Status(404);
            if is_refusal(fault) && !is_unknown {
                return Err(fault);
            }
            lost |= !is_unknown;
            failed = Some(fault);
        }
    }
}

impl Vault<'_> {
    /// The caller's own, in the order in which they came.
    #[must_use]
    pub fn list(&self, filter: &Filter) -> Listing {
        let size: usize = self
            .pages
            .iter()
            .map(|page| page.row_list().len() + 1)
            .sum();
        let mut body = Vec::with_capacity(size + 64);
        body.extend_from_slice(br#"{"connections":["#);
        let mut total = 0_u32;
        self.each_own(&mut |text, row| {
            if fits(row, filter) {
                if total > 0 {
                    body.push(b',');
                }
                body.extend_from_slice(text.as_bytes());
                total = total.saturating_add(1);
            }
        });
        body.extend_from_slice(b"],\"total\":");
        body.extend_from_slice(total.to_string().as_bytes());
        body.push(b'}');
        Listing { body, total }
    }

    /// The id of one of the caller's own, as the vault has it. The pages are gone then, and what
    /// `share` held of them is given back: there may be another look.
    fn find(self, wanted: ConnectionId<'_>, share: &Share) -> Option<String> {
        let mut found = None;
        self.each_own(&mut |_, row| {
            if let Some(id) = id(row).filter(|id| id == wanted.as_str()) {
                found = Some(id);
            }
        });
        let bytes = self.pages.into_iter().map(|page| page.into_body().len());
        share.give(bytes.sum());
        found
    }

    /// Hands over each row that is the caller's, as text and as an object. One that has a name twice
    /// could be anybody's, and so could one that does not say whose it is.
    fn each_own(&self, take: &mut dyn FnMut(&str, &Object)) {
        let (identity, kind) = (self.caller.identity(), self.caller.identity_type());
        for page in &self.pages {
            for text in page.rows() {
                if let Some(row) = Object::parse(text.as_bytes())
                    && is(&row, "identity", identity.as_str())
                    && is(&row, "identityType", kind.as_str())
                {
                    take(text, &row);
                }
            }
        }
    }
}

/// Whether a delete was certainly not done.
fn is_refusal(fault: UpstreamFault) -> bool {
    matches!(
        fault,
        UpstreamFault::Status(..500) | UpstreamFault::Redirect(_) | UpstreamFault::RateLimited(_)
    )
}

fn fits(row: &Object, filter: &Filter) -> bool {
    let wants = |name, wanted: &Option<String>| {
        wanted.as_deref().is_none_or(|wanted| is(row, name, wanted))
    };
    wants("platform", &filter.platform) && wants("key", &filter.key)
}

/// Whether a member is that text, and nothing that looks like it.
fn is(row: &Object, name: &str, wanted: &str) -> bool {
    row.get(name).and_then(Value::as_str) == Some(wanted)
}

/// The id of a row: a text, or the digits of a number.
fn id(row: &Object) -> Option<String> {
    match row.get("id")? {
        Value::String(text) => Some(text.clone()),
        other => other.as_whole().map(|number| number.to_string()),
    }
}
