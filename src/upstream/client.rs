//! The calls themselves: bounded in time, number and size.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::time::Duration;

use futures_util::future::{Either, LocalBoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::caller::{Caller, Presumed, Whom, Withheld};
use crate::http::target::{PageNumber, Selection};
use crate::http::trace_context::TraceParent;
use crate::json::Object;
use crate::limits::{
    FLAGS_DEADLINE, MAX_CONNECTIONS, MAX_CORRELATION_ID_BYTES, MAX_FLAGS_BODY_BYTES,
    MAX_UPSTREAM_BODY_BYTES,
};
use crate::runtime::in_flight::{Allowance, Share};
use crate::runtime::{Message, ReadError, Reply, Runtime, Timestamp};
use crate::secret::Secret;
use crate::upstream::UpstreamFault;
use crate::upstream::endpoint::Endpoint;
use crate::upstream::page::{Page, PageFault};
use crate::upstream::pages::Pages;
use crate::upstream::policy::IntegrationPolicy;
use crate::upstream::retry;
use crate::upstream::token::{self, View};

/// The header by which One's support finds a call.
const CORRELATION_ID: &str = "x-one-correlation-id";

/// One request's dealings with the upstream.
pub struct Client<'a, R> {
    pub(super) runtime: &'a R,
    pub(super) endpoint: &'a Endpoint,
    trace_parent: Option<&'a TraceParent>,
    pub(super) share: &'a Share,
    pub(super) deadline: Timestamp,
    try_timeout: Duration,
    tries: Cell<u32>,
    pages: Cell<u32>,
    correlation_id: RefCell<Option<String>>,
}

/// What a request used of the upstream, for the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tries, of all calls together.
    pub tries: u32,
    /// Pages that arrived.
    pub pages: u32,
    /// By what the upstream's support finds a call: the last that failed, else the first.
    pub correlation_id: Option<String>,
}

impl<'a, R: Runtime> Client<'a, R> {
    /// A client that is done `within` that time from now, come what may. Its calls are part of
    /// the trace that `trace_parent` names, and what they bring counts for `share`.
    pub fn new(
        runtime: &'a R,
        endpoint: &'a Endpoint,
        trace_parent: Option<&'a TraceParent>,
        share: &'a Share,
        within: Duration,
    ) -> Self {
        Self {
            runtime,
            endpoint,
            trace_parent,
            share,
            deadline: runtime.now().after(within),
            // Half of it for one try, so that a try which hangs leaves time for another.
            try_timeout: within / 2,
            tries: Cell::new(0),
            pages: Cell::new(0),
            correlation_id: RefCell::default(),
        }
    }

    /// What was used of it so far.
    pub fn usage(&self) -> Usage {
        Usage {
            tries: self.tries.get(),
            pages: self.pages.get(),
            correlation_id: self.correlation_id.borrow().clone(),
        }
    }

    /// Gets `caller`'s token: JSON text.
    ///
    /// Where rows are left out, one page of the rest is made from the whole list as well: only then
    /// are its `total` and `pages` true.
    ///
    /// # Errors
    /// The first [`UpstreamFault`] that no further try mends. Calls still under way are aborted.
    pub async fn token(
        &self,
        caller: &Caller,
        selection: Selection,
        policy: Option<&IntegrationPolicy>,
    ) -> Result<Vec<u8>, UpstreamFault> {
        self.token_for(caller.whom(), selection, policy).await
    }

    /// Gets the token of a caller who is presumed, while it is found out who they are.
    pub async fn token_ahead(
        &self,
        presumed: Presumed,
        selection: Selection,
        policy: Option<&IntegrationPolicy>,
    ) -> Withheld<Result<Vec<u8>, UpstreamFault>> {
        let token = self.token_for(presumed.whom(), selection, policy).await;
        presumed.withhold(token)
    }

    // Boxed, so that the Worker has the code of it once.
    fn token_for<'b>(
        &'b self,
        whom: Whom<'b>,
        selection: Selection,
        policy: Option<&'b IntegrationPolicy>,
    ) -> LocalBoxFuture<'b, Result<Vec<u8>, UpstreamFault>> {
        Box::pin(async move {
            self.may_ask()?;
            let view = policy.map(|policy| View {
                policy,
                identity_type: whom.identity_type(),
                selection,
            });
            let request = self.ready(What::Token(whom));
            let token = match (selection, view) {
                (Selection::Page(page), None) => {
                    self.page(&request, page).await.map(Page::into_body)
                }
                (Selection::Merged, _) | (_, Some(_)) => self.merged(&request, view).await,
            };
            self.note(token)
        })
    }

    /// What came of a request, after a note of what the account wants.
    pub(super) fn note<T>(&self, result: Result<T, UpstreamFault>) -> Result<T, UpstreamFault> {
        if let Err(UpstreamFault::RateLimited(wait)) = result {
            let account = &self.endpoint.account;
            account.close(wait, self.runtime.now());
        }
        result
    }

    /// Whether the key is good, and any integration enabled.
    ///
    /// # Errors
    /// As [`Client::token`].
    pub async fn has_integrations(&self) -> Result<bool, UpstreamFault> {
        self.may_ask()?;
        let request = self.ready(What::Probe);
        let first = PageNumber { page: 1, limit: 1 };
        let page = self.page(&request, first).await?;
        Ok(!page.row_list().is_empty())
    }

    /// Nothing is asked of an account that wants to be left alone.
    pub(super) fn may_ask(&self) -> Result<(), UpstreamFault> {
        let left = self.endpoint.account.closed_for(self.runtime.now());
        left.map_or(Ok(()), |left| Err(UpstreamFault::Shed(left)))
    }

    /// All pages as one token.
    async fn merged(
        &self,
        request: &Ready<'_, R::Prepared>,
        view: Option<View<'_>>,
    ) -> Result<Vec<u8>, UpstreamFault> {
        // One page has no flags of its own, nor has one that is passed on as it came.
        let whole = view.is_none_or(|view| view.selection == Selection::Merged);
        let flags_url = self.endpoint.flags_url().filter(|_| whole);
        let (pages, is_white_label) = self.all_pages(request, flags_url).await?;
        token::assemble(&pages, is_white_label, view)
            .ok_or(UpstreamFault::Malformed(PageFault::NoRows))
    }

    /// All pages of a list, and the account's flag if there is a place to ask for it.
    ///
    /// The flags, unless they are known, and as many pages as the list had last time start together,
    /// as many at a time as a Worker may have connections. Page 1 then tells how many pages there
    /// are: missing ones follow, and those that are too many are dropped, whatever became of them.
    pub(super) async fn all_pages(
        &self,
        request: &Ready<'_, R::Prepared>,
        flags_url: Option<String>,
    ) -> Result<(Vec<Page>, Option<bool>), UpstreamFault> {
        let account = &self.endpoint.account;
        let mut is_white_label = None;
        let mut flags_wanted = false;
        let mut under_way = FuturesUnordered::new();
        if let Some(url) = flags_url {
            is_white_label = account.is_white_label(self.runtime.now());
            if is_white_label.is_none() {
                flags_wanted = true;
                under_way.push(Either::Left(Either::Left(async move {
                    Arrival::Flags(self.is_white_label(&url).await)
                })));
            }
        }
        let page = |number| {
            Either::Right(async move {
                let wanted = PageNumber {
                    page: number,
                    limit: self.endpoint.provider.most_rows(),
                };
                Arrival::Page(number, self.page(request, wanted).await)
            })
        };

        // Of the catalogue everybody sees the same; connections are few, and each has their own.
        let is_token = matches!(request.what, What::Token(_));
        if is_token && account.wants_note() {
            // The first page does not wait for it.
            under_way.push(Either::Left(Either::Right(async {
                self.endpoint.recall_pages(self.runtime).await;
                Arrival::Note
            })));
        }
        let mut pages = Pages::expecting(if is_token {
            account.expected_pages()
        } else {
            1
        });
        loop {
            while under_way.len() < MAX_CONNECTIONS
                && let Some(number) = pages.next()
            {
                under_way.push(page(number));
            }
            if pages.are_complete() && !flags_wanted {
                break;
            }
            match under_way.next().await {
                Some(Arrival::Flags(flag)) => {
                    is_white_label = Some(account.saw_white_label(flag, self.runtime.now()));
                    flags_wanted = false;
                }
                Some(Arrival::Note) => pages.expect(account.expected_pages()),
                Some(Arrival::Page(number, page)) => {
                    pages.take(number, page)?;
                    if number == 1 && is_token {
                        self.endpoint.saw_pages(pages.count(), self.runtime);
                    }
                }
                // Never: what is not complete is under way.
                None => break,
            }
        }
        Ok((pages.into_vec(), is_white_label))
    }

    async fn page(
        &self,
        request: &Ready<'_, R::Prepared>,
        page: PageNumber,
    ) -> Result<Page, UpstreamFault> {
        let url = match request.what {
            What::Connections(caller) => self.endpoint.connections_url(caller, page),
            What::Token(_) | What::Probe | What::Look | What::Delete => {
                self.endpoint.token_url(page)
            }
        };
        match self.call(request, &url, self.deadline).await? {
            Answer::Page(page) => {
                self.pages.set(self.pages.get() + 1);
                Ok(page)
            }
            // Never: those are no answers to this.
            Answer::Object(_) | Answer::Nothing => Err(UpstreamFault::Malformed(PageFault::NoRows)),
        }
    }

    /// Whether the account shows `AuthKit` under its own name; `None` when it does not tell, which
    /// is not worth a token.
    async fn is_white_label(&self, url: &str) -> Option<bool> {
        let flags = self.look(url).await?;
        flags.get("authkitWhitelist")?.as_bool()
    }

    /// The object at an address that is nice to know, and worth no long wait.
    pub(super) async fn look(&self, url: &str) -> Option<Object> {
        let deadline = self.deadline.min(self.runtime.now().after(FLAGS_DEADLINE));
        let request = self.ready(What::Look);
        match self.call(&request, url, deadline).await {
            Ok(Answer::Object(object)) => Some(object),
            Ok(Answer::Page(_) | Answer::Nothing) | Err(_) => None,
        }
    }

    /// Makes a request ready, with the key that calls begin with.
    pub(super) fn ready<'b>(&'b self, what: What<'b>) -> Ready<'b, R::Prepared> {
        let (key, _) = self.endpoint.account.keys();
        Ready {
            what,
            key,
            request: self.prepare(what, key),
        }
    }

    fn prepare(&self, what: What<'_>, key: &Secret) -> R::Prepared {
        self.runtime.prepare(&match what {
            What::Token(whom) => self.endpoint.token_request(whom, key, self.trace_parent),
            What::Probe => self.endpoint.probe_request(key),
            What::Look | What::Connections(_) => {
                self.endpoint.plain_request("GET", key, self.trace_parent)
            }
            What::Delete => self
                .endpoint
                .plain_request("DELETE", key, self.trace_parent),
        })
    }

    /// One call, tried again as long as [`retry::pause`] finds it worth it, and once more when the
    /// key is refused and there is another. What is not to be repeated is tried once: with each key.
    // Boxed, so that the Worker has the code of it once and not for each place that calls.
    pub(super) fn call<'b>(
        &'b self,
        ready: &'b Ready<'_, R::Prepared>,
        url: &'b str,
        deadline: Timestamp,
    ) -> LocalBoxFuture<'b, Result<Answer, UpstreamFault>> {
        Box::pin(self.call_in_time(ready, url, deadline))
    }

    async fn call_in_time(
        &self,
        ready: &Ready<'_, R::Prepared>,
        url: &str,
        deadline: Timestamp,
    ) -> Result<Answer, UpstreamFault> {
        let account = &self.endpoint.account;
        let (mut key, mut other_key) = account.keys();
        // Made only for another key than the request is ready with.
        let mut own = None;
        let mut tries = 0;
        loop {
            let left = self.runtime.now().until(deadline);
            if left.is_zero() {
                return Err(UpstreamFault::Timeout);
            }
            tries += 1;
            self.tries.set(self.tries.get() + 1);
            let timeout = left.min(self.try_timeout);
            if !ptr::eq(key, ready.key) && own.is_none() {
                own = Some(self.prepare(ready.what, key));
            }
            let request = own.as_ref().unwrap_or(&ready.request);
            let attempt = self.attempt(ready.what, request, url);
            let fault = match self.runtime.within(timeout, attempt).await {
                Some(Ok(answer)) => {
                    account.took(key);
                    return Ok(answer);
                }
                Some(Err(fault)) => fault,
                None => UpstreamFault::Timeout,
            };
            if fault == UpstreamFault::Status(401)
                && let Some(other) = other_key.take()
            {
                key = other;
                own = None;
                continue;
            }
            if matches!(ready.what, What::Delete) {
                return Err(fault);
            }
            let left = self.runtime.now().until(deadline);
            match retry::pause(fault, tries, left, self.runtime.random()) {
                Some(pause) => self.runtime.sleep(pause).await,
                None => return Err(fault),
            }
        }
    }

    /// One try, from the connection to the last byte of the body, and whether that makes sense: what
    /// a proxy writes in place of the upstream is a try that failed. The body of an error answer is
    /// not read; dropping the reply frees its connection.
    async fn attempt(
        &self,
        what: What<'_>,
        request: &R::Prepared,
        url: &str,
    ) -> Result<Answer, UpstreamFault> {
        let reply = self.runtime.fetch(request, url).await;
        let reply = reply.map_err(|_| UpstreamFault::Network)?;
        let status = reply.status();
        let is_good = (200..=299).contains(&status);
        self.note_correlation_id(reply.header(CORRELATION_ID), is_good);
        if !is_good {
            return Err(retry::fault_of_status(
                status,
                reply.header("retry-after").as_deref(),
                reply.header("x-pica-rate-limit-reset").as_deref(),
                self.runtime.now(),
                R::date,
            ));
        }
        let limit = match what {
            What::Token(_) | What::Probe | What::Connections(_) => MAX_UPSTREAM_BODY_BYTES,
            What::Look | What::Delete => MAX_FLAGS_BODY_BYTES,
        };
        let allowance = Allowance::within(limit, self.share);
        let body = reply.read_body(&allowance).await;
        let body = body.map_err(|error| match error {
            ReadError::TooLarge => UpstreamFault::TooLarge,
            ReadError::NoRoom => UpstreamFault::NoRoom,
            ReadError::Broken => UpstreamFault::Network,
        })?;
        let answer = match what {
            What::Token(_) | What::Probe | What::Connections(_) => {
                Page::parse(body).map(Answer::Page)
            }
            What::Look => Object::parse(&body)
                .map(Answer::Object)
                .ok_or(PageFault::NotAnObject),
            What::Delete => Ok(Answer::Nothing),
        };
        let answer = answer.map_err(UpstreamFault::Malformed)?;
        allowance.keep();
        Ok(answer)
    }

    /// Keeps the first id, and the last of those that are worth asking somebody about. One of another
    /// form than theirs is not for a log.
    fn note_correlation_id(&self, id: Option<String>, is_good: bool) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        // A key has that form, too.
        let fits = |id: &String| {
            (1..=MAX_CORRELATION_ID_BYTES).contains(&id.len())
                && id.bytes().all(plain)
                && !id.starts_with("sk_")
        };
        if let Some(id) = id.filter(fits) {
            let mut noted = self.correlation_id.borrow_mut();
            if noted.is_none() || !is_good {
                *noted = Some(id);
            }
        }
    }
}

/// A request that was made ready, and with what key. A call that needs the other makes its own.
pub(super) struct Ready<'a, P> {
    what: What<'a>,
    key: &'a Secret,
    request: P,
}

/// What is asked of the upstream.
#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    /// A page of a token.
    Token(Whom<'a>),
    /// The same for nobody.
    Probe,
    /// A page of somebody's connections.
    Connections(&'a Caller),
    /// Something about the account.
    Look,
    /// That a connection is deleted.
    Delete,
}

/// What the upstream says to it.
pub(super) enum Answer {
    /// A page of a list.
    Page(Page),
    /// What was looked at.
    Object(Object),
    /// That it is done.
    Nothing,
}

enum Arrival {
    /// Whatever it said.
    Note,
    Flags(Option<bool>),
    Page(u32, Result<Page, UpstreamFault>),
}
