//! An issuer of tokens: it signs with keys of its own and serves their public halves over HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// The audience of its tokens, and of its Access application.
pub const AUDIENCE: &str = "the-audience";

/// An issuer, good for `jwt` and for `access`.
#[derive(Debug)]
pub struct Issuer {
    addr: SocketAddr,
    loads: Arc<AtomicU32>,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Issuer {
    /// Makes keys and serves them until the process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let issuer = Self {
            addr: listener.local_addr().expect("it listens"),
            loads: Arc::default(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"),
            ed: Ed25519KeyPair::generate().expect("a key"),
        };
        let (set, loads) = (issuer.key_set(), Arc::clone(&issuer.loads));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                loads.fetch_add(1, Ordering::SeqCst);
                // A client that goes away is of no interest.
                let _ = answer(stream, &set);
            }
        });
        issuer
    }

    /// `iss`, and the team domain.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How often its keys were asked for.
    pub fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }

    /// A token for `sub` that is good for five minutes, with `more` claims.
    pub fn token(&self, algorithm: &str, sub: &str, more: &Value) -> String {
        #[expect(
            clippy::disallowed_methods,
            reason = "an issuer has a clock of its own"
        )]
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("later than 1970").as_secs();
        let mut claims = json!({
            "iss": self.url(), "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + 300,
        });
        let all = claims.as_object_mut().expect("an object");
        all.extend(more.as_object().cloned().unwrap_or_default());
        let header = json!({"alg": algorithm, "kid": key_id(algorithm), "typ": "JWT"});
        let input = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let signature = self.sign(algorithm, input.as_bytes());
        format!("{input}.{}", encode(signature))
    }

    fn sign(&self, algorithm: &str, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            let signed = self.rsa.sign(padding, &random, input, &mut signature);
            signed.expect("it signs");
            signature
        };
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "ES256" => self
                .ec
                .sign(&random, input)
                .expect("it signs")
                .as_ref()
                .to_vec(),
            "EdDSA" => self.ed.sign(input).as_ref().to_vec(),
            other => panic!("no key for {other}"),
        }
    }

    fn key_set(&self) -> String {
        let public = self.rsa.public_key();
        let (n, e) = (
            encode(public.modulus().big_endian_without_leading_zero()),
            encode(public.exponent().big_endian_without_leading_zero()),
        );
        let point = self.ec.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        json!({"keys": [
            {"kty": "RSA", "kid": "rsa", "use": "sig", "n": n, "e": e},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": encode(x), "y": encode(y)},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(self.ed.public_key())},
        ]})
        .to_string()
    }
}

fn key_id(algorithm: &str) -> &'static str {
    match algorithm {
        "ES256" => "ec",
        "EdDSA" => "ed",
        _ => "rsa",
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn answer(mut stream: TcpStream, set: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
    let length = set.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{set}"
    )
}
