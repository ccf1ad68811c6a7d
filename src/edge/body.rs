//! Reading bodies within an allowance.
//!
//! `arrayBuffer()` reads whatever comes, and `Content-Length` may lie about that: beside
//! `Transfer-Encoding: chunked` it says nothing. So every body goes by its stream, and counts as it
//! arrives. What is claimed only says how much to ask for at once: Workers' `readAtLeast` then brings
//! all of it in one step, where a plain `read` would bring 4 KiB.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

use crate::runtime::ReadError;
use crate::runtime::in_flight::Allowance;

/// How much is asked for at once where nothing, or nothing true, is known of the length.
const CHUNK: usize = 32 * 1024;

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    type Reader;

    type Chunk;

    #[wasm_bindgen(catch)]
    fn open(stream: &web_sys::ReadableStream) -> Result<Reader, JsValue>;

    /// <https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/#methods>
    #[wasm_bindgen(catch, js_name = read)]
    fn read_next(reader: &Reader, wanted: u32) -> Result<Promise, JsValue>;

    fn bytes(chunk: &Chunk) -> Option<Uint8Array>;

    #[wasm_bindgen(js_name = isLast)]
    fn is_last(reader: &Reader, chunk: &Chunk, wanted: u32) -> bool;

    #[wasm_bindgen(catch, js_name = giveBack)]
    fn give_back(reader: &Reader, bytes: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Reader) -> Result<JsValue, JsValue>;
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
    let reader = open(&stream).map_err(broken)?;
    // One more than is claimed, so that the end is seen in the same step.
    let mut wanted = claimed.map_or_else(|| next(allowance), |length| length + 1);
    let mut bytes = Vec::new();
    loop {
        let (chunk, is_last) = read_at_most(&reader, wanted).await?;
        let length = usize::try_from(chunk.length()).unwrap_or(usize::MAX);
        let sum = bytes.len().saturating_add(length);
        let more = sum.saturating_sub(taken);
        if let Err(error) = allowance.take(more) {
            // Tells the sender to stop. Whether it heard is of no interest.
            let _ = reader.cancel();
            return Err(error);
        }
        taken += more;
        let read = chunk.to_vec();
        // What cannot be given back now is when the garbage collector comes by.
        let _ = give_back(&reader, &chunk);
        if bytes.is_empty() {
            bytes = read;
        } else {
            bytes.extend_from_slice(&read);
        }
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

/// The next `wanted` bytes, or the next chunk, however many that has; and whether it is the last.
async fn read_at_most(reader: &Reader, wanted: usize) -> Result<(Uint8Array, bool), ReadError> {
    let wanted = u32::try_from(wanted).map_err(|_| ReadError::TooLarge)?;
    let promise = read_next(reader, wanted).map_err(broken)?;
    let chunk: Chunk = JsFuture::from(promise)
        .await
        .map_err(broken)?
        .unchecked_into();
    let is_last = is_last(reader, &chunk, wanted);
    let bytes = bytes(&chunk).ok_or(ReadError::Broken)?;
    Ok((bytes, is_last))
}

fn broken(_: JsValue) -> ReadError {
    ReadError::Broken
}
