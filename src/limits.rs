//! Every bound of the service in one place: sizes, counts and times.
//!
//! A request can cost no more than what stands here, whatever the caller or the upstream does.

use std::time::Duration;

/// Largest request body that is read. The widget sends `{}`; the Python samples send two strings.
pub const MAX_REQUEST_BODY_BYTES: usize = 8 * 1024;

/// When a request is answered at the latest, from its receipt on: the hosted widget was seen to give up
/// after 10 s, and an answer has a way to go. Stored secrets, limiters, body, keys and upstream share
/// it: what one takes, the next has less.
pub const REQUEST_DEADLINE: Duration = Duration::from_millis(9_500);

/// What all else has at least beside an upstream deadline. So an `UPSTREAM_DEADLINE_MS` above 8000
/// makes the whole of it longer.
pub const BESIDE_UPSTREAM: Duration = Duration::from_millis(1_500);

/// How long a request body may take to arrive, as long as the deadline of the request allows it.
pub const REQUEST_BODY_TIMEOUT: Duration = Duration::from_secs(9);

/// Largest body of one upstream answer, after decompression.
pub const MAX_UPSTREAM_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Largest sum of the pages of one merged token. Pages, their merged copy and the answer made of it
/// are held at once: 67 MB of the 128 MB that an isolate has, and more with garbage
/// (docs/performance.md).
pub const MAX_MERGED_BYTES: usize = 16 * 1024 * 1024;

/// What an isolate holds of upstream bodies at one time, for all of its requests together: one token
/// of the largest size and a half, or eighty of 300 KB. While it is made, a token takes three to four
/// times that (docs/reliability.md), and an isolate has 128 MB.
pub const MAX_BYTES_IN_FLIGHT: usize = 24 * 1024 * 1024;

/// What an isolate holds of requests whose body has not come yet: 2048 of them.
pub const MAX_WAITING_BYTES: usize = 2048 * WAITING_BYTES;

/// What one of those takes, measured in workerd.
pub const WAITING_BYTES: usize = 12 * 1024;

/// How long what a request holds is counted. No request takes longer: its body, its keys and the
/// upstream have less time, all together.
pub const MAX_HOLD: Duration = Duration::from_mins(1);

/// What a caller is told to wait for whom there is no room.
pub const BUSY_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Largest body of an answer that is no list: of the flags, which have four fields, of whose key it is,
/// of a delete.
pub const MAX_FLAGS_BODY_BYTES: usize = 64 * 1024;

/// Rows asked for per page. 100 is what the official clients use; nothing above was ever seen.
pub const ROWS_PER_PAGE: u32 = 100;

/// Most rows on a page of One's: its API gives no more, whatever is asked for.
pub const MAX_ROWS_PER_PAGE: u32 = 150;

/// Most pages that one merged token may have: 10 000 rows.
pub const MAX_PAGES: u32 = 100;

/// Smallest and largest `EXPECTED_PAGES`.
pub const EXPECTED_PAGES_RANGE: std::ops::RangeInclusive<u64> = 1..=MAX_PAGES as u64;

/// Connections that a Worker may hold open at once; the runtime queues what is above.
/// <https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections>
pub const MAX_CONNECTIONS: usize = 6;

/// How often one upstream call is tried, the first time included. A key that is refused while there
/// is another one makes it one more.
pub const MAX_TRIES: u32 = 3;

/// All the time that a request may spend on the upstream, unless `UPSTREAM_DEADLINE_MS` says
/// otherwise, and less where [`REQUEST_DEADLINE`] is near.
pub const DEFAULT_UPSTREAM_DEADLINE: Duration = Duration::from_secs(8);

/// Smallest and largest `UPSTREAM_DEADLINE_MS`.
pub const UPSTREAM_DEADLINE_RANGE_MS: std::ops::RangeInclusive<u64> = 100..=30_000;

/// All the time that the flags call may take: white-labelling never keeps a token waiting longer.
pub const FLAGS_DEADLINE: Duration = Duration::from_secs(2);

/// How long the flags of an account are used without asking again, unless `FLAGS_CACHE_SECONDS`
/// says otherwise. They depend on nothing but the account and change when somebody changes its
/// plan.
pub const DEFAULT_FLAGS_FRESH: Duration = Duration::from_mins(1);

/// Smallest and largest `FLAGS_CACHE_SECONDS`. With 0 every request asks.
pub const FLAGS_FRESH_RANGE_SECONDS: std::ops::RangeInclusive<u64> = 0..=3600;

/// How long old flags are used without asking again after the upstream did not tell new ones.
pub const FLAGS_RETRY: Duration = Duration::from_secs(5);

/// How long flags outlive their time while the upstream does not tell new ones.
pub const FLAGS_STALE: Duration = Duration::from_hours(1);

/// Longest time for which an isolate sends nothing to an upstream that asked it to wait: its rate
/// window. An upstream that asks for more is asked again after this.
pub const MAX_SHED: Duration = Duration::from_mins(1);

/// Upper bound of the first back-off; it doubles with each try.
pub const BACKOFF_BASE: Duration = Duration::from_millis(100);

/// Upper bound of any back-off.
pub const BACKOFF_CAP: Duration = Duration::from_secs(1);

/// What a 429 tells the caller to wait when the upstream did not say: its rate window is 60 s.
pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_mins(1);

/// The same when the upstream said something that cannot be read.
pub const ODD_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Longest wait that is passed on to a caller.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// What a caller above a rate limit of this deployment is told to wait. A limiter does not say how
/// long its period is, but none may be longer: after a minute of silence any of them counts anew.
pub const LIMITER_RETRY_AFTER: Duration = Duration::from_mins(1);

/// How long a rate limiter may think. It is on the same machine and answers at once.
pub const LIMITER_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest id of a connection. The upstream's are UUIDs.
pub const MAX_CONNECTION_ID_BYTES: usize = 128;

/// Longest `platform` and `key` of a question for connections, in characters. A key has an identity in it
/// and a UUID.
pub const MAX_FILTER_CHARS: usize = 512;

/// Longest `x-one-correlation-id` that goes into the log.
pub const MAX_CORRELATION_ID_BYTES: usize = 64;

/// Longest name of an organization or project that the deep check tells.
pub const MAX_NAME_BYTES: usize = 128;

/// Longest identity, in bytes: the upstream refuses more.
pub const MAX_IDENTITY_BYTES: usize = 128;

/// Longest path in `ROUTE_PREFIX` and `ROUTE_ALIASES`.
pub const MAX_PATH_BYTES: usize = 256;

/// Longest `x-request-id` that is taken over from a caller.
pub const MAX_REQUEST_ID_BYTES: usize = 64;

/// How long a secret out of the Secrets Store is used without reading it again: as long as a new one
/// takes to arrive everywhere.
pub const SECRETS_FRESH: Duration = Duration::from_mins(5);

/// The same when one could not be read.
pub const SECRETS_RETRY: Duration = Duration::from_secs(10);

/// All the time that reading them may take, and how long beyond their time others go on with the old
/// ones meanwhile. Then each request reads for itself: a read that never ends keeps no secret alive.
pub const SECRETS_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest sentence on the credentials that were looked for, in bytes: a configuration may name many.
pub const MAX_SOUGHT_BYTES: usize = 512;

/// Longest secret that is accepted from a binding.
pub const MAX_SECRET_BYTES: usize = 512;

/// Shortest `TRUSTED_CALLER_KEY` and `GRANT_KEY`: who guesses one may name any identity.
pub const MIN_KEY_BYTES: usize = 32;

/// Most names of headers that a preflight may ask for beside those that are always allowed, and how
/// long its list may be. A page with tracing, monitoring and a tunnel asks for some twenty.
pub const MAX_ASKED_HEADERS: usize = 64;

/// See [`MAX_ASKED_HEADERS`].
pub const MAX_ASKED_HEADERS_BYTES: usize = 2048;

/// How long a browser may keep a preflight answer, in seconds: Chromium's cap.
pub const PREFLIGHT_MAX_AGE_SECONDS: &str = "7200";

/// Longest header that a credential is looked for in, and so the longest JSON Web Token. A browser
/// sends all cookies of a site, and one of them may be a session in several pieces. Cloudflare lets
/// 128 KB of headers through, and so does workerd.
/// <https://developers.cloudflare.com/workers/platform/limits/#request-and-response-limits>
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Most cookies that one value is joined from. Browsers keep 4 KiB in one, so that a header is full
/// with half of them.
pub const MAX_COOKIE_CHUNKS: usize = 16;

/// All the time that the application has to say who is signed in, unless `SESSION_TIMEOUT_MS` says
/// otherwise.
pub const DEFAULT_SESSION_TIMEOUT: Duration = Duration::from_secs(3);

/// Smallest and largest `SESSION_TIMEOUT_MS`. What it takes, the upstream has less: see
/// [`REQUEST_DEADLINE`].
pub const SESSION_TIMEOUT_RANGE_MS: std::ops::RangeInclusive<u64> = 100..=8_000;

/// Largest answer of the application, after decompression: a user and a session, and what they
/// are shown.
pub const MAX_SESSION_BODY_BYTES: usize = 64 * 1024;

/// Most `Set-Cookie` headers of the application that are relayed: two cookies in all of their sixteen
/// chunks.
pub const MAX_SET_COOKIES: usize = 32;

/// Longest `kid`, in a token and in a key.
pub const MAX_KEY_ID_BYTES: usize = 256;

/// Largest JWKS document.
pub const MAX_JWKS_BYTES: usize = 64 * 1024;

/// Most keys in a JWKS document.
pub const MAX_KEYS: usize = 64;

/// How many keys an isolate keeps imported: those of two issuers while they replace theirs.
pub const MAX_IMPORTED_KEYS: usize = 8;

/// Most keys that a token without `kid` is tried with, one after the other: while keys are replaced
/// there are two, and each costs a signature.
pub const MAX_KEYS_TRIED: usize = 4;

/// Bits of an RSA modulus: NIST's minimum, and what is still cheap to check.
pub const RSA_MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// How far an issuer's clock may be from ours.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// All the time that one load of an issuer's keys may take.
pub const JWKS_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an issuer's keys are used without asking again.
pub const JWKS_FRESH: Duration = Duration::from_mins(10);

/// Least time between two loads from the same issuer, whatever came of the first.
pub const JWKS_COOLDOWN: Duration = Duration::from_secs(30);

/// The same while there are no keys at all, so that an issuer's hiccup is no longer one of ours.
pub const JWKS_RETRY: Duration = Duration::from_secs(5);

/// How long keys outlive their time while the issuer is down, unless `JWT_JWKS_STALE_SECONDS`
/// says otherwise. A key that the issuer withdrew in that time is believed for as long.
pub const DEFAULT_JWKS_STALE: Duration = Duration::from_hours(1);

/// Largest `JWT_JWKS_STALE_SECONDS`.
pub const MAX_JWKS_STALE_SECONDS: u64 = 24 * 60 * 60;

/// How long the data centre's cache may take to say what is noted there. It answers within a few
/// milliseconds or is not worth waiting for.
pub const NOTE_PATIENCE: Duration = Duration::from_millis(30);

/// How long a note is of use.
pub const NOTE_LIFE: Duration = Duration::from_hours(24);

/// How long an isolate goes before it writes the same note again.
pub const NOTE_RENEW: Duration = Duration::from_hours(12);

/// Largest note: a JWKS document, and what is around it.
pub const MAX_NOTE_BYTES: usize = MAX_JWKS_BYTES + 64;

/// Most pages that are begun because of a note: as many as can be under way at once, so that a wrong
/// one costs five calls.
pub const MAX_NOTED_PAGES: u32 = 6;

/// How long what another request has begun is waited for: a load of keys, a read of secrets, a
/// question for flags. That request may be gone, and then nothing of it ever ends.
pub const TAKEOVER: Duration = Duration::from_millis(500);

/// How often one looks whether it has ended.
pub const PATIENCE_STEP: Duration = Duration::from_millis(5);

/// How long a grant lives unless `GRANT_TTL_SECONDS` says otherwise.
pub const DEFAULT_GRANT_TTL: Duration = Duration::from_mins(5);

/// How long a grant may live however little is left of the credential that bought it: some products'
/// tokens live for a minute, and the widget needs longer.
pub const GRANT_FLOOR: Duration = Duration::from_mins(5);

/// Smallest and largest `GRANT_TTL_SECONDS`. A grant travels in a URL, so it is short-lived.
pub const GRANT_TTL_RANGE_SECONDS: std::ops::RangeInclusive<u64> = 30..=3600;

/// Longest grant that is looked at.
pub const MAX_GRANT_BYTES: usize = 2048;

/// Most entries of a comma-separated setting.
pub const MAX_LIST_ENTRIES: usize = 256;
