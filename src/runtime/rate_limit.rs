//! How often a client and an identity may ask, where the deployment binds rate limiters.
//!
//! A limiter counts for each of Cloudflare's locations by itself and a little late, so this keeps
//! floods and runaway pages out; it is no quota. It also never is what keeps a stranger from a
//! token. Therefore a limiter that fails lets requests through, and the log says that it failed.

use std::net::IpAddr;

use crate::limits::LIMITER_TIMEOUT;
use crate::runtime::{Incoming, Limiter, Runtime, Timestamp};

/// The client's address. Cloudflare sets it and lets nobody else do so.
const ADDRESS_HEADER: &str = "cf-connecting-ip";

/// Which limiters are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// [`Limiter::Client`]
    pub client: bool,
    /// [`Limiter::Identity`]
    pub identity: bool,
}

/// What a limiter made of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// It may go on.
    Within,
    /// It is one too many.
    Above,
    /// The limiter failed, so it may go on.
    Unknown,
}

impl RateLimits {
    /// Counts a request for the client that sends it.
    ///
    /// A request without an address did not come from the internet: another Worker of the account
    /// sent it over a service binding. That has no clients to tell apart, so it is not counted.
    pub async fn count_client(
        self,
        request: &impl Incoming,
        deadline: Timestamp,
        runtime: &impl Runtime,
    ) -> Count {
        if !self.client {
            return Count::Within;
        }
        let address = request.header(ADDRESS_HEADER);
        match address.and_then(|text| text.parse().ok()) {
            Some(address) => {
                let key = client_key(address);
                count(Limiter::Client, &key, deadline, runtime).await
            }
            None => Count::Within,
        }
    }

    /// Counts a request for the identity that it was accepted for: where it was accepted from, and
    /// its pseudonym, so that no limiter keeps names.
    pub async fn count_identity(
        self,
        source: &str,
        pseudonym: &str,
        deadline: Timestamp,
        runtime: &impl Runtime,
    ) -> Count {
        if !self.identity {
            return Count::Within;
        }
        let key = [source, pseudonym].join(":");
        count(Limiter::Identity, &key, deadline, runtime).await
    }
}

async fn count(limiter: Limiter, key: &str, deadline: Timestamp, runtime: &impl Runtime) -> Count {
    let asked = runtime.count(limiter, key);
    let timeout = LIMITER_TIMEOUT.min(runtime.now().until(deadline));
    match runtime.within(timeout, asked).await {
        Some(Ok(true)) => Count::Within,
        Some(Ok(false)) => Count::Above,
        Some(Err(_)) | None => Count::Unknown,
    }
}

/// One client: an IPv4 address, or the first 64 bits of an IPv6 one. That much is one customer's at
/// least, who would be 2^64 clients otherwise.
fn client_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{a}.{b}.{c}.{d}")
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::client_key;

    #[test]
    fn takes_an_ipv4_address_or_an_ipv6_network_for_one_client() {
        for (address, key) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.8", "203.0.113.8"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2::"),
            ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("::1", "0:0:0:0::"),
        ] {
            assert_eq!(client_key(address.parse().unwrap()), key, "{address}");
        }
    }
}
