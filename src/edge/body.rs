//! Reading bodies within an allowance.
//!
//! `arrayBuffer()` reads whatever comes, and `Content-Length` may lie about that: beside
//! `Transfer-Encoding: chunked` it says nothing. So every body goes by its stream, and counts as it
//! arrives. What is claimed only says how much to ask for at once: Workers' `readAtLeast` then brings
//! all of it in one step, where a plain `read` would bring 4 KiB.

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

use crate::edge::object;
use crate::runtime::ReadError;
use crate::runtime::in_flight::Allowance;

/// How much is asked for at once where nothing, or nothing true, is known of the length.
const CHUNK: usize = 32 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object)]
    type Stream;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_byob_reader(this: &Stream, options: &Object) -> Result<Reader, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &Stream) -> Result<Reader, JsValue>;

    #[wasm_bindgen(extends = Object)]
    type Reader;

    /// <https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/#methods>
    #[wasm_bindgen(method, catch, js_name = readAtLeast)]
    fn read_at_least(this: &Reader, bytes: u32, into: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(extends = Object)]
    type Chunk;

    #[wasm_bindgen(method, getter)]
    fn done(this: &Chunk) -> bool;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Chunk) -> JsValue;
}

/// Reads the whole body of a message with these headers, as much as is allowed of it.
pub(super) async fn read(
    stream: Option<web_sys::ReadableStream>,
    headers: &web_sys::Headers,
    allowance: &Allowance<'_>,
) -> Result<Vec<u8>, ReadError> {
    let Some(stream) = stream else {
        return Ok(Vec::new());
    };
    let header = |name| headers.get(name).ok().flatten();
    // A compressed body is longer than its Content-Length says.
    let length = header("content-length").filter(|_| header("content-encoding").is_none());
    let claimed: Option<usize> = length.and_then(|text| text.parse().ok());
    // Room for what is claimed is made before any of it is read.
    let mut taken = claimed.unwrap_or(0);
    allowance.take(taken)?;
    let source = Source::of(stream.unchecked_ref())?;
    // One more than is claimed, so that the end is seen in the same step.
    let mut wanted = claimed.map_or_else(|| next(allowance), |length| length + 1);
    let mut bytes = Vec::new();
    loop {
        let (chunk, is_last) = source.read(wanted).await?;
        let length = usize::try_from(chunk.length()).unwrap_or(usize::MAX);
        let sum = bytes.len().saturating_add(length);
        let more = sum.saturating_sub(taken);
        if let Err(error) = allowance.take(more) {
            // Tells the sender to stop. Whether it heard is of no interest.
            let _ = source.reader().cancel();
            return Err(error);
        }
        taken += more;
        if bytes.is_empty() {
            bytes = chunk.to_vec();
        } else {
            bytes.extend_from_slice(&chunk.to_vec());
        }
        // Gives its memory back now, and not when the garbage collector comes by: the bytes were in
        // the isolate twice. If it does not, nothing is lost but that.
        drop(chunk.buffer().transfer_with_length(0));
        if is_last {
            return Ok(bytes);
        }
        wanted = next(allowance);
    }
}

/// One more than is left, so that too much is seen as such.
fn next(allowance: &Allowance<'_>) -> usize {
    CHUNK.min(allowance.left() + 1)
}

/// Where the bytes of a stream come from.
enum Source {
    /// The runtime, which fills a buffer of ours.
    Bytes(Reader),
    /// A stream that was made in JavaScript, by a Worker that mounts this one.
    Chunks(Reader),
}

impl Source {
    fn of(stream: &Stream) -> Result<Self, ReadError> {
        let options = object(&[("mode", "byob")]).map_err(broken)?;
        stream
            .get_byob_reader(&options)
            .map(Self::Bytes)
            .or_else(|_| stream.get_reader().map(Self::Chunks))
            .map_err(broken)
    }

    fn reader(&self) -> &Reader {
        match self {
            Self::Bytes(reader) | Self::Chunks(reader) => reader,
        }
    }

    /// The next `wanted` bytes, or the next chunk, however many that has; and whether it is the last.
    async fn read(&self, wanted: usize) -> Result<(Uint8Array, bool), ReadError> {
        let promise = match self {
            Self::Bytes(reader) => {
                let wanted = u32::try_from(wanted).map_err(|_| ReadError::TooLarge)?;
                reader.read_at_least(wanted, &Uint8Array::new_with_length(wanted))
            }
            Self::Chunks(reader) => reader.read(),
        };
        let chunk = JsFuture::from(promise.map_err(broken)?).await;
        let chunk: Chunk = chunk.map_err(broken)?.unchecked_into();
        let done = chunk.done();
        let bytes = match chunk.value().dyn_into::<Uint8Array>() {
            Ok(bytes) => bytes,
            Err(_) if done => Uint8Array::new_with_length(0),
            Err(_) => return Err(ReadError::Broken),
        };
        let is_short = matches!(self, Self::Bytes(_))
            && usize::try_from(bytes.length()).is_ok_and(|length| length < wanted);
        Ok((bytes, done || is_short))
    }
}

fn broken(_: JsValue) -> ReadError {
    ReadError::Broken
}
